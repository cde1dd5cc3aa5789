/** Writes the external configuration files of the source, and takes them back when the clone fails. */
import { mkdir, readFile, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { writeDurably } from '../../system/durable-file.ts';
import type { CloneContext, Undo } from './context.ts';
import type { ClonePlaces } from './places.ts';

/** They may hold secrets, and are read by the server's own user only. */
const modeOfNewFiles = 0o600;

/** @throws the system's error */
export async function writeExternalFiles(
  { plan, log }: CloneContext,
  { main }: ClonePlaces,
  undos: Undo[],
): Promise<void> {
  for (const { path, content } of plan.externalFiles) {
    if (isAbsolute(path)) {
      await replaceFile(path, content, undos, log);
      continue;
    }
    const file = join(main.workplace, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeDurably(file, content, { mode: modeOfNewFiles });
  }
}

async function replaceFile(
  path: string,
  content: Buffer,
  undos: Undo[],
  log: CloneContext['log'],
): Promise<void> {
  const before = await readFile(path).catch(() => undefined);
  const mode = before === undefined ? modeOfNewFiles : (await stat(path)).mode & 0o777;
  const firstMade = await mkdir(dirname(path), { recursive: true });
  undos.push(async () => {
    try {
      if (before !== undefined) await writeDurably(path, before, { mode });
      else await removeFile(path, firstMade);
      log.notice(`"${path}" is as it was before`);
    } catch (error) {
      log.warning(`"${path}" could not be brought back to what it was`, {
        detail: error instanceof Error ? `${error.message}.` : String(error),
        hint: 'Compare it with the file of the source before you use it.',
      });
    }
  });
  await writeDurably(path, content, { mode });
}

/** With the directories that were made for it. */
async function removeFile(path: string, firstMade: string | undefined): Promise<void> {
  await unlink(path);
  if (firstMade === undefined) return;
  for (let directory = dirname(path); directory.startsWith(firstMade); directory = dirname(directory)) {
    await rmdir(directory);
  }
}
