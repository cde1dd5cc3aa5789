/** Two nodes of a sandbox, and its third as a machine without PostgreSQL: a repmgr.conf, and soon a repmgrd. */
import { readFile } from 'node:fs/promises';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { writeOwnedFile } from '../../src/sandbox/owned-files.ts';
import { sandboxForTest } from './sandbox.ts';

/** @returns a sandbox whose node 1 is registered, node 2 streams from it, and node 3 has neither conninfo nor data */
export async function sandboxWithServerlessWitness(
  repmgrConf: Readonly<Record<string, string>>,
): Promise<Sandbox> {
  const sandbox = await sandboxForTest({ nodes: 3, repmgrConf, build: 'primary' });
  const { configFile, host, apiPort } = sandbox.node(3);
  const lines = (await readFile(configFile, 'utf8'))
    .split('\n')
    .filter((line) => !/^(?:conninfo|data_directory|pg_bindir|api_listen)\s*=/.test(line));
  await writeOwnedFile(
    configFile,
    [...lines, `api_listen='${host}:${apiPort}'`, ''].join('\n'),
    sandbox.user,
    0o600,
  );
  const run = async (id: number, ...args: string[]): Promise<void> => {
    const { exitCode, stderr } = await sandbox.repmgr(id, args);
    if (exitCode !== 0) throw new Error(`repmgr ${args.join(' ')} ended with ${exitCode}: ${stderr}`);
  };
  await run(1, 'primary', 'register');
  const { dataDirectory } = sandbox.node(2);
  const toThePrimary = [
    '-h',
    '127.0.0.1',
    '-p',
    String(sandbox.node(1).port),
    '-U',
    'repmgr',
    '-d',
    'repmgr',
  ];
  await run(2, ...toThePrimary, 'standby', 'clone', '-D', dataDirectory, '-c');
  await sandbox.start(2);
  await run(2, 'standby', 'register', '--wait-sync=30');
  return sandbox;
}
