/**
 * A node that is cloned again keeps its own configuration files: those of the source hold the source's port, addresses
 * and certificates.
 */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeDurably } from '../../system/durable-file.ts';
import { configurationFiles } from '../../postgres/configuration-files.ts';
import type { CloneContext } from './context.ts';
import type { ClonePlaces } from './places.ts';

/**
 * Copies the node's files, which were moved aside, over those of the source. What lies outside of the data directory
 * no clone touches anyway. @throws the system's error
 */
export async function keepOwnConfiguration({ log }: CloneContext, { main }: ClonePlaces): Promise<void> {
  const names = await configurationFiles(main.replaced);
  for (const name of names) {
    const [own, target] = [join(main.replaced, name), join(main.workplace, name)];
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeDurably(target, await readFile(own), { mode: (await stat(own)).mode & 0o777 });
  }
  log.info(`kept of this node: ${names.join(', ')}`);
}
