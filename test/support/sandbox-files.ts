/** Files that a test puts into a sandbox: further repmgr.conf files, password files, certificates. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { writeOwnedFile } from '../../src/sandbox/owned-files.ts';

/** @returns the path of the file, which belongs to the user of the servers */
export async function putFile(
  sandbox: Sandbox,
  name: string,
  text: string | Buffer,
  mode = 0o600,
): Promise<string> {
  const path = join(sandbox.directory, name);
  await writeOwnedFile(path, text, sandbox.user, mode);
  return path;
}

let count = 0;

/**
 * The repmgr.conf of a node with other settings, or without some of them.
 * @returns the option that names it, to stand before a command: the last -f holds
 */
export async function withSettings(
  sandbox: Sandbox,
  id: number,
  changes: Readonly<Record<string, string | undefined>>,
): Promise<readonly ['-f', string]> {
  const lines = (await readFile(sandbox.node(id).configFile, 'utf8')).split('\n');
  const kept = lines.filter((line) => line !== '' && !Object.hasOwn(changes, line.split('=', 1)[0] ?? ''));
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${quoted(value)}`],
  );
  count += 1;
  return ['-f', await putFile(sandbox, `repmgr-${id}-${count}.conf`, [...kept, ...added, ''].join('\n'))];
}

function quoted(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
