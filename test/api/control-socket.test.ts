import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askDaemon } from '../../src/api/control-client.ts';
import type { ControlRequest } from '../../src/api/control-request.ts';
import { type ControlSocketOptions, startControlSocket } from '../../src/api/control-socket.ts';
import { controlSocketPath } from '../../src/api/control-path.ts';
import type { Logger } from '../../src/log/logger.ts';
import { leaderView, node } from './support/view.ts';

const { signal } = new AbortController();
const log = { warning: () => {}, error: () => {} } as unknown as Logger;

function stateDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'repmgr-state-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

async function start(path: string, onRequest?: ControlSocketOptions['onRequest']) {
  const answer = onRequest ?? (async () => ({ kind: 'status', view: leaderView() }) as const);
  const socket = await startControlSocket({ path, onRequest: answer, log });
  onTestFinished(async () => await socket.close());
  return socket;
}

/** The socket file of a process that was killed. */
async function leaveStale(path: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('ready'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('the control socket', () => {
  it('answers what a command asks, each on a connection of its own', async () => {
    const path = controlSocketPath(stateDirectory(), 'main/eu', node(1));
    expect(path).toMatch(/\/main%2Feu-1\.sock$/);
    const asked: ControlRequest[] = [];
    await start(path, async (request) => {
      asked.push(request);
      return request.kind === 'operator'
        ? { kind: 'operator', isAccepted: false, sentence: 'no leader is known' }
        : { kind: 'status', view: leaderView() };
    });
    const pause = { kind: 'operator', request: { kind: 'pause', lengthMs: 1_000, reason: 'any' } } as const;
    const [status, refusal] = await Promise.all([
      askDaemon({ kind: 'status' }, { path, deadlineMs: 5_000, signal }),
      askDaemon(pause, { path, deadlineMs: 5_000, signal }),
    ]);
    expect(status).toEqual({ kind: 'status', view: leaderView() });
    expect(refusal).toEqual({ kind: 'operator', isAccepted: false, sentence: 'no leader is known' });
    expect(asked).toHaveLength(2);
  });

  it('is for its owner alone, and leaves nothing behind', async () => {
    const directory = stateDirectory();
    const path = join(directory, 'test-1.sock');
    const socket = await start(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['test-1.sock']);
    await socket.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('keeps a second repmgrd off, and stays whole', async () => {
    const path = join(stateDirectory(), 'test-1.sock');
    await start(path);
    await expect(start(path)).rejects.toMatchObject({ code: 'daemon_runs_already' });
    expect(await askDaemon({ kind: 'status' }, { path, deadlineMs: 5_000, signal })).toMatchObject({
      kind: 'status',
    });
  });

  it('is let have by one of many that start at the same moment', async () => {
    for (const isStale of [false, true]) {
      const path = join(stateDirectory(), 'test-1.sock');
      if (isStale) await leaveStale(path);
      const results = await Promise.allSettled(Array.from({ length: 10 }, async () => await start(path)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  it('replaces what a repmgrd that was killed left behind, and files that are no socket', async () => {
    const path = join(stateDirectory(), 'test-1.sock');
    await leaveStale(path);
    await (await start(path)).close();
    writeFileSync(path, 'no socket');
    await start(path);
    expect(await askDaemon({ kind: 'status' }, { path, deadlineMs: 5_000, signal })).toMatchObject({
      kind: 'status',
    });
  });

  it('says so where it cannot be made: no directory, another one in its place, too long a name', async () => {
    const directory = stateDirectory();
    mkdirSync(join(directory, 'test-2.sock'));
    for (const path of [
      join(directory, 'missing', 'test-1.sock'),
      join(directory, 'test-2.sock'),
      join(directory, `${'x'.repeat(100)}.sock`),
    ]) {
      await expect(start(path)).rejects.toMatchObject({ code: 'control_socket_unusable' });
    }
  });

  it('refuses what it does not know, and outlives it', async () => {
    const path = join(stateDirectory(), 'test-1.sock');
    await start(path);
    for (const text of [
      'nonsense',
      '{"kind":"other"}',
      '{"kind":"operator","request":{"kind":"fly"}}',
      'x'.repeat(70_000),
    ]) {
      const socket = connect(path);
      let answer = '';
      socket.on('data', (piece) => (answer += piece.toString()));
      socket.on('error', () => {});
      socket.write(`${text}\n`);
      await new Promise((resolve) => socket.once('close', resolve));
      expect(answer, text.slice(0, 50)).toMatch(/^\{"kind":"failed","reason":"/);
    }
    expect(await askDaemon({ kind: 'status' }, { path, deadlineMs: 5_000, signal })).toMatchObject({
      kind: 'status',
    });
  });
});

describe('a command', () => {
  it('says that no repmgrd runs, and how to start it', async () => {
    const path = join(stateDirectory(), 'test-1.sock');
    const asking = askDaemon({ kind: 'status' }, { path, deadlineMs: 5_000, signal });
    await expect(asking).rejects.toMatchObject({
      code: 'daemon_not_running',
      hint: expect.stringContaining('repmgr daemon start'),
    });
  });

  it('waits for no repmgrd that hangs, ends in the middle, or fails', async () => {
    const path = join(stateDirectory(), 'test-1.sock');
    const server = createServer((socket) => void socket.resume());
    server.listen(path);
    await once(server, 'listening');
    const hanging = askDaemon({ kind: 'status' }, { path, deadlineMs: 100, signal });
    await expect(hanging).rejects.toMatchObject({ code: 'daemon_silent' });
    server.removeAllListeners('connection').on('connection', (socket) => socket.destroy());
    const ended = askDaemon({ kind: 'status' }, { path, deadlineMs: 5_000, signal });
    await expect(ended).rejects.toMatchObject({ code: 'daemon_silent' });
    await new Promise((resolve) => server.close(resolve));
    await start(path, async () => {
      throw new Error('a defect');
    });
    const failed = askDaemon({ kind: 'status' }, { path, deadlineMs: 5_000, signal });
    await expect(failed).rejects.toMatchObject({ code: 'daemon_silent' });
  });

  it('stops waiting when it is interrupted', async () => {
    const path = join(stateDirectory(), 'test-1.sock');
    await start(path, async () => await new Promise(() => {}));
    const asking = askDaemon(
      { kind: 'status' },
      { path, deadlineMs: 5_000, signal: AbortSignal.timeout(50) },
    );
    await expect(asking).rejects.toMatchObject({ code: 'interrupted' });
  });
});
