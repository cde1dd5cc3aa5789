/** What tests do with the server of one node: its pg_hba.conf, and whether it is still the same process. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { writeOwnedFile } from '../../src/sandbox/owned-files.ts';

/** Puts lines before all others of pg_hba.conf, and reloads. @returns what takes them away again */
export async function prependHba(
  sandbox: Sandbox,
  id: number,
  lines: readonly string[],
): Promise<() => Promise<void>> {
  const path = join(sandbox.node(id).dataDirectory, 'pg_hba.conf');
  const before = await readFile(path, 'utf8');
  const write = async (text: string) => {
    await writeOwnedFile(path, text, sandbox.user, 0o600);
    await sandbox.run(join(sandbox.binDirectory, 'pg_ctl'), ['-D', sandbox.node(id).dataDirectory, 'reload']);
  };
  await write([...lines, before].join('\n'));
  return () => write(before);
}

/** Process id and start time of the postmaster, as its own file has them. */
export async function postmasterOf(sandbox: Sandbox, id: number): Promise<string> {
  const path = join(sandbox.node(id).dataDirectory, 'postmaster.pid');
  const [processId, , startTime] = (await readFile(path, 'utf8')).split('\n');
  return `${processId} ${startTime}`;
}
