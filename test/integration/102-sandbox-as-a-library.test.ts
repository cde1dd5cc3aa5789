/** What application authors use: `startSandbox()`, and that nothing is left of it, however its owner ends. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { readLockFile } from '../../src/postgres/postmaster.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { processesOf } from '../support/processes-of.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { root } from '../support/source-files.ts';

it('makes a primary that listens on the loopback interface only, and empty places for the others', async () => {
  const sandbox = await sandboxForTest({
    nodes: 2,
    build: 'primary',
    postgresqlConf: { work_mem: '5MB' },
    repmgrConf: { priority: '7' },
  });
  expect(await sandbox.query(1, 'SHOW work_mem')).toEqual([{ work_mem: '5MB' }]);
  expect(await sandbox.query(1, 'SELECT $1::int + 1 AS sum', [41])).toEqual([{ sum: 42 }]);
  expect(await sandbox.query(1, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  expect(await readFile(sandbox.node(2).configFile, 'utf8')).toMatch(/^priority='7'$/m);
  expect(await readdir(sandbox.node(2).dataDirectory)).toEqual([]);
  expect((await sandbox.status()).map(({ state }) => state)).toEqual(['primary', 'empty']);
  await expect(sandbox.start(2)).rejects.toMatchObject({ code: 'server_start_failed' });
  const { stdout } = await sandbox.run('id', ['-u']);
  expect(stdout.trim()).not.toBe('0');
});

it('kills all processes of a server at once, and freezes them so that connections are never answered', async () => {
  const sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
  const { port, dataDirectory } = sandbox.node(1);
  await sandbox.freeze(1);
  const bytes = await new Promise<number>((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => socket.write(startupPacket()));
    socket.on('data', (data) => resolve(data.length)).on('error', reject);
    socket.setTimeout(500, () => resolve(0));
  });
  expect(bytes).toBe(0);
  expect((await sandbox.status())[0]).toMatchObject({ state: 'frozen' });
  await sandbox.thaw(1);
  expect(await sandbox.query(1, 'SELECT 1 AS answer')).toEqual([{ answer: 1 }]);
  await sandbox.kill(1);
  expect(processesOf(dataDirectory)).toEqual([]);
  expect((await sandbox.status())[0]).toMatchObject({ state: 'crashed' });
  await sandbox.start(1);
  expect(await sandbox.query(1, 'SELECT 2 AS answer')).toEqual([{ answer: 2 }]);
});

it('gives two sandboxes different identities', async () => {
  const [one, other] = await Promise.all([
    sandboxForTest({ nodes: 1, build: 'primary' }),
    sandboxForTest({ nodes: 1, build: 'primary' }),
  ]);
  const identifier = 'SELECT system_identifier::text AS id FROM pg_control_system()';
  expect(await one.query(1, identifier)).not.toEqual(await other.query(1, identifier));
  expect(one.node(1).port).not.toBe(other.node(1).port);
});

it('removes everything when it is destroyed, twice too, or when its start is aborted', async () => {
  const sandbox = await startSandbox({ nodes: 1 });
  await sandbox.destroy();
  await sandbox.destroy();
  expect(existsSync(sandbox.directory)).toBe(false);
  expect(processesOf(sandbox.directory)).toEqual([]);

  const abort = new AbortController();
  const directory = `${sandbox.directory}-aborted`;
  const start = startSandbox({ nodes: 1, directory, signal: abort.signal, onStep: () => abort.abort() });
  await expect(start).rejects.toMatchObject({ code: 'interrupted' });
  expect(existsSync(directory)).toBe(false);
  expect(processesOf(directory)).toEqual([]);
});

it.each(['throw', 'exit', 'SIGKILL'])(
  'is removed when its owner ends without a word (%s)',
  async (ending) => {
    const library = pathToFileURL(join(root, 'dist/sandbox.mjs')).href;
    const program = `
    import { startSandbox } from ${JSON.stringify(library)};
    const { directory } = await startSandbox({ nodes: 1, build: 'primary' });
    console.log(directory);
    if (process.argv[1] === 'throw') throw new Error('on purpose');
    if (process.argv[1] === 'exit') process.exit(3);
    process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, ending], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let printed = '';
    child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
    await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
    const directory = printed.trim();
    expect(directory).toMatch(/^\/.*repmgr-sandbox-/);
    await expect.poll(() => existsSync(directory), { timeout: 30_000 }).toBe(false);
    await expect.poll(() => processesOf(directory), { timeout: 30_000 }).toEqual([]);
  },
);

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
function startupPacket(): Buffer {
  const parameters = Buffer.from('user\0repmgr\0database\0repmgr\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + parameters.length, 0);
  head.writeInt32BE(0x0003_0000, 4);
  return Buffer.concat([head, parameters]);
}

it.runIf(existsSync('/proc/sysvipc/shm'))('leaves no shared memory of servers that were killed', async () => {
  const sandbox = await startSandbox({ nodes: 1, build: 'primary' });
  const { dataDirectory } = sandbox.node(1);
  const segments = async () => await readFile('/proc/sysvipc/shm', 'utf8');
  const segment = (await readLockFile(dataDirectory))?.sharedMemory ?? { key: '', id: '' };
  try {
    expect(await segments()).toContain(` ${segment.id} `);
    await sandbox.kill(1);
    expect(await segments()).toContain(` ${segment.id} `);
  } finally {
    await sandbox.destroy();
  }
  expect(await segments()).not.toContain(` ${segment.id} `);
});
