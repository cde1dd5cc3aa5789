/** repmgrd as a program: its PID file, the background, signals, systemd, and starts while nothing is up. */
import { spawn } from 'node:child_process';
import { appendFile, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { awaitLeader, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile, withSettings } from '../support/sandbox-files.ts';

describe('repmgrd', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 2, repmgrConf: { failover: 'automatic', log_level: 'INFO' } });
    await sandbox.startRepmgrd(2);
  });
  const logOf = async (id: number) => await readFile(sandbox.node(id).repmgrdLogFile, 'utf8');
  const logged = async (id: number, text: string) => {
    const found = await waitUntil(async () => ((await logOf(id)).includes(text) ? true : undefined), {
      deadlineMs: 20_000,
    });
    expect(found, `"${text}" in:\n${await logOf(id)}`).toBe(true);
  };
  const run = async (...args: readonly string[]) =>
    await sandbox.run(process.execPath, [join(sandbox.directory, 'program/repmgrd.js'), ...args]);
  const signal = async (name: NodeJS.Signals, pidFile: string) =>
    process.kill(Number(await readFile(pidFile, 'utf8')), name);

  it('goes into the background, keeps a PID file, ends by SIGTERM, and leaves PostgreSQL alone', async () => {
    const pidFile = join(sandbox.directory, 'home', 'repmgrd.pid');
    const { configFile, apiPort } = sandbox.node(1);
    expect(await run('-f', configFile, '-d', '-p', pidFile)).toMatchObject({ exitCode: 0, stdout: '' });
    await awaitLeader(sandbox, 1);
    expect(await readFile(pidFile, 'utf8')).toMatch(/^\d+$/);
    expect((await viewOf(sandbox, 1))?.pid).toBe(Number(await readFile(pidFile, 'utf8')));

    const second = await run('-f', configFile, '-p', pidFile);
    expect(second).toMatchObject({ exitCode: 1 });
    expect(second.stderr).toMatch(/\[ERROR\] the PID file ".*" names a process that runs\n/);
    const third = await run('-f', configFile);
    expect(third).toMatchObject({ exitCode: 1 });
    expect(third.stderr).toContain('[ERROR]');

    await signal('SIGTERM', pidFile);
    const isGone = await waitUntil(
      async () =>
        await stat(pidFile).then(
          () => undefined,
          () => true,
        ),
      { deadlineMs: 10_000 },
    );
    expect(isGone).toBe(true);
    await expect(fetch(`http://127.0.0.1:${apiPort}/health`)).rejects.toThrow();
    expect(await sandbox.query(1, 'SELECT pg_is_in_recovery() AS is_standby')).toEqual([
      { is_standby: false },
    ]);
    const events = await sandbox.query(
      1,
      "SELECT event FROM repmgr_sandbox.repl_events WHERE node_id = 1 AND event LIKE 'repmgrd%' ORDER BY event_timestamp",
    );
    expect(events.map(({ event }) => event)).toEqual(['repmgrd_start', 'repmgrd_shutdown']);
  });

  it('overwrites the PID file of one that was killed', async () => {
    const pidFile = await putFile(sandbox, 'stale.pid', '4194304');
    await sandbox.startRepmgrd(1, { args: ['-p', pidFile] });
    expect(Number(await readFile(pidFile, 'utf8'))).not.toBe(4194304);
    await sandbox.stopRepmgrd(1);
  });

  it('reads the file again by SIGHUP, and keeps the old one where the new one is wrong', async () => {
    const [, file] = await withSettings(sandbox, 1, {});
    const pidFile = join(sandbox.directory, 'home', 'hup.pid');
    await sandbox.startRepmgrd(1, { args: ['-f', file, '-p', pidFile] });
    await awaitLeader(sandbox, 1);
    await appendFile(file, 'priority=70\nprimary_lease_secs=9\n');
    await signal('SIGHUP', pidFile);
    await logged(1, 'changed, and used after a restart only: primary_lease_secs');
    await logged(1, 'the configuration file was read again');
    await appendFile(file, 'failover=sometimes\n');
    await signal('SIGHUP', pidFile);
    await logged(1, 'failover: "sometimes" is none of manual, automatic');
    await logged(1, 'the configuration from before stays in force');
    expect((await viewOf(sandbox, 1))?.leadership.role).toBe('leader');
    await sandbox.stopRepmgrd(1);
  });

  it('starts while its own server and all others are down, says what it waits for, and begins when they come', async () => {
    await sandbox.stopRepmgrd(2);
    await Promise.all([1, 2].map((id) => sandbox.stop(id)));
    const fresh = await withSettings(sandbox, 2, {
      state_directory: join(sandbox.directory, 'home', 'fresh'),
    });
    await sandbox.startRepmgrd(2, { args: fresh, untilItListens: false });
    await logged(2, '[WARNING] waiting until the metadata can be read');
    await sandbox.stopRepmgrd(2);
    const mark = await putFile(sandbox, join('home', 'fresh', 'sandbox-2.rewinding'), '');
    await sandbox.startRepmgrd(2, { args: fresh, untilItListens: false });
    await logged(2, '[HINT] Clone it again from the present primary, and do not start it before: repmgr -f ');
    expect((await sandbox.repmgr(2, [...fresh, 'cluster', 'show'])).stderr).toContain(
      'HINT: Clone it again from the present primary, and do not start it before: repmgr -f ',
    );
    await sandbox.stopRepmgrd(2);
    await unlink(mark);
    await sandbox.startRepmgrd(2, { args: fresh, untilItListens: false });
    await sandbox.startRepmgrd(1);
    await sandbox.start(1);
    await sandbox.start(2);
    await awaitLeader(sandbox, 1);
    const answers = await waitUntil(async () => await viewOf(sandbox, 2), { deadlineMs: 20_000 });
    expect(answers?.node).toBe(2);
    await sandbox.stopRepmgrd(1);
  });

  it('records what it sees, so that its decisions can be shown again, with their reasons', async () => {
    const recording = join(sandbox.directory, 'home', 'record');
    const before = (await logOf(1)).length;
    await sandbox.startRepmgrd(1, { args: ['--record', recording] });
    await awaitLeader(sandbox, 1);
    await sandbox.stopRepmgrd(1);
    expect((await stat(recording)).mode & 0o777).toBe(0o600);

    const { exitCode, stdout, stderr } = await sandbox.repmgr(1, ['debug', 'replay', recording]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const said = (await logOf(1)).slice(before).split('\n');
    const decided = said.flatMap((line, at) => {
      const isDecision = /\[DETAIL\] rule \d+/.test(said[at + 1] ?? '');
      return isDecision ? [line.replace(/^\S+ \S+ \[\w+\] /, '')] : [];
    });
    expect(decided.length).toBeGreaterThan(0);
    for (const sentence of decided) expect(stdout).toContain(sentence);
    expect(stdout).toMatch(/\n {4}after: {4}\S/);

    const asJson = JSON.parse((await sandbox.repmgr(1, ['debug', 'replay', recording, '--json'])).stdout);
    expect(asJson.steps[0]).toMatchObject({ event: expect.any(String), decisions: expect.any(Array) });
    expect(await sandbox.repmgr(1, ['debug', 'replay', sandbox.node(1).configFile])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is no recording of repmgrd that can be read'),
    });
  });

  it('is told of to systemd: ready, reloading, the watchdog, stopping', async () => {
    const said = await listenAsSystemd(sandbox);
    const env = { NOTIFY_SOCKET: said.path, WATCHDOG_USEC: '400000' };
    const pidFile = join(sandbox.directory, 'home', 'systemd.pid');
    await sandbox.startRepmgrd(1, { args: ['-p', pidFile], env });
    await said.hears('READY=1');
    await said.hears('WATCHDOG=1');
    await signal('SIGHUP', pidFile);
    await said.hears('RELOADING=1');
    await sandbox.stopRepmgrd(1);
    await said.hears('STOPPING=1');
    said.close();
  });
});

/** Node has no unix datagram sockets; python3 of Debian has. What it hears comes back over a pipe. */
async function listenAsSystemd(sandbox: Sandbox) {
  const path = join(sandbox.directory, 'home', 'notify.sock');
  const listener = [
    'import socket, sys',
    's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)',
    's.bind(sys.argv[1])',
    'print("listening", flush=True)',
    'while True: print(s.recv(4096).decode(), flush=True)',
  ].join('\n');
  const child = spawn('python3', ['-c', listener, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(sandbox.user === undefined ? {} : { uid: sandbox.user.uid, gid: sandbox.user.gid }),
  });
  let heard = '';
  child.stdout.on('data', (data: Buffer) => {
    heard += data.toString();
  });
  const hears = async (text: string): Promise<void> => {
    const found = await waitUntil(async () => (heard.includes(text) ? true : undefined), {
      deadlineMs: 15_000,
    });
    expect(found, `"${text}" in what was heard:\n${heard}`).toBe(true);
  };
  await hears('listening');
  return { path, hears, close: () => child.kill() };
}
