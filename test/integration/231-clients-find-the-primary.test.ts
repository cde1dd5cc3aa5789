/** HAProxy, configured as docs/http.md says, and libpq with several hosts follow a failover to the new primary. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Connection, connect } from '../../src/postgres/connection.ts';
import { readLockFile } from '../../src/postgres/postmaster.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { monotonicMs, waitUntil } from '../../src/system/clock.ts';
import { findFreePorts } from '../../src/system/free-ports.ts';
import { psql } from '../support/libpq.ts';
import { awaitLeader, leadersView, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { root } from '../support/source-files.ts';

const haproxy = '/usr/sbin/haproxy';
const hasHaproxy = existsSync(haproxy);
if (!hasHaproxy) {
  const reason = `${haproxy} is not there (apt-get install haproxy)`;
  if (process.env['REPMGR_REQUIRE_DEBIAN'] === '1') throw new Error(reason);
  process.stdout.write(`skipped: the test with HAProxy, since ${reason}\n`);
}

interface Ports {
  readonly primary: number;
  readonly replicas: number;
}

/** The configuration of the page, with the addresses of the sandbox in it. */
function haproxyConfiguration(sandbox: Sandbox, ports: Ports): string {
  const page = readFileSync(join(root, 'docs/http.md'), 'utf8');
  const example = /```haproxy\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const servers = [1, 2, 3].map((id) => sandbox.node(id));
  const adapted = servers.reduce(
    (text, { id, port, apiPort }) =>
      text.replaceAll(`10.0.0.1${id}:5432 check port 15432`, `127.0.0.1:${port} check port ${apiPort}`),
    example,
  );
  return adapted
    .replace('bind *:5000', `bind 127.0.0.1:${ports.primary}`)
    .replace('bind *:5001', `bind 127.0.0.1:${ports.replicas}`);
}

async function startHaproxy(sandbox: Sandbox): Promise<Ports> {
  const [primary = 0, replicas = 0] = await findFreePorts(2, '127.0.0.1');
  const file = join(sandbox.directory, 'haproxy.cfg');
  const text = haproxyConfiguration(sandbox, { primary, replicas });
  expect(text).not.toContain('10.0.0');
  writeFileSync(file, text, { mode: 0o644 });
  const { user } = sandbox;
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const child: ChildProcess = spawn(haproxy, ['-db', '-f', file], { stdio: 'ignore', ...identity });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  return { primary, replicas };
}

async function killPostmaster(sandbox: Sandbox, id: number): Promise<number> {
  const lockFile = await readLockFile(sandbox.node(id).dataDirectory);
  if (lockFile === undefined) throw new Error(`node ${id} has no postmaster`);
  process.kill(lockFile.pid, 'SIGKILL');
  return monotonicMs();
}

/** Connects, does something, and closes again; undefined where that fails. */
async function attempt<Result>(conninfo: string, work: (connection: Connection) => Promise<Result>) {
  let connection: Connection | undefined;
  try {
    connection = await connect(conninfo);
    return await work(connection);
  } catch {
    return undefined;
  } finally {
    await connection?.close();
  }
}

async function portOf(connection: Connection): Promise<number | undefined> {
  const [row] = await connection.query<{ port: string; is_standby: boolean }>(
    "SELECT current_setting('port') AS port, pg_is_in_recovery() AS is_standby",
  );
  return row === undefined ? undefined : Number(row.port);
}

describe('clients find the primary', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 3, repmgrConf: { failover: 'automatic', log_level: 'INFO' } });
    await Promise.all([1, 2, 3].map(async (id) => await sandbox.startRepmgrd(id)));
    await awaitLeader(sandbox, 1);
    await sandbox.query(1, 'CREATE TABLE written (at timestamptz DEFAULT now())');
  });
  const until = async <Result>(what: string, look: () => Promise<Result | undefined>): Promise<Result> => {
    const found = await waitUntil(look, { deadlineMs: 30_000, intervalMs: 10 });
    if (found === undefined) throw new Error(`${what} did not happen\n${await leadersView(sandbox)}`);
    return found;
  };
  const leaderNow = async (): Promise<number> =>
    await until('one node leads', async () => {
      const views = await Promise.all(sandbox.nodes.map(async ({ id }) => await viewOf(sandbox, id)));
      const serving = views.filter((view) => view?.leadership.stage === 'serving');
      return serving.length === 1 ? serving[0]?.node : undefined;
    });

  it.skipIf(!hasHaproxy)('through HAProxy, over a failover', async () => {
    const { primary, replicas } = await startHaproxy(sandbox);
    const through = (port: number) =>
      `host=127.0.0.1 port=${port} user=repmgr dbname=repmgr connect_timeout=2`;
    const write = async (connection: Connection): Promise<number | undefined> => {
      await connection.query('INSERT INTO written DEFAULT VALUES');
      return await portOf(connection);
    };
    const first = await until('a write', async () => await attempt(through(primary), write));
    const before = await leaderNow();
    expect(first).toBe(sandbox.node(before).port);
    // HAProxy takes a server for well until it has asked it for the first time.
    const standbys = sandbox.nodes.flatMap(({ id, port }) => (id === before ? [] : [port]));
    await until('a read on a standby', async () => {
      const port = await attempt(through(replicas), portOf);
      return port !== undefined && standbys.includes(port) ? port : undefined;
    });

    const open = await connect(through(primary));
    const killedAt = await killPostmaster(sandbox, before);
    const next = await until('a write on another node', async () => {
      const port = await attempt(through(primary), write);
      return port === first ? undefined : port;
    });
    const outageMs = Math.round(monotonicMs() - killedAt);
    process.stdout.write(`writes through HAProxy were accepted again after ${outageMs} ms\n`);
    expect(next).toBe(sandbox.node(await leaderNow()).port);
    expect(outageMs).toBeLessThan(10_000);
    await expect(open.query('SELECT 1')).rejects.toThrow();
    await open.close();

    // The former primary serves reads again, when it streams.
    const readers = new Set<number>();
    await until('reads on both standbys', async () => {
      const port = await attempt(through(replicas), portOf);
      if (port !== undefined && port !== next) readers.add(port);
      return readers.size === 2 ? true : undefined;
    });
  });

  it.skipIf(psql === undefined)(
    'by several hosts and target_session_attrs=read-write, over a failover',
    async () => {
      const ports = sandbox.nodes.map(({ port }) => port).join(',');
      const hosts = sandbox.nodes.map(() => '127.0.0.1').join(',');
      const conninfo = `host=${hosts} port=${ports} user=repmgr dbname=repmgr connect_timeout=2 target_session_attrs=read-write`;
      const statement = "INSERT INTO written DEFAULT VALUES RETURNING current_setting('port')";
      const write = async (): Promise<number | undefined> => {
        const { exitCode, stdout } = await sandbox.run(psql ?? '', [
          '-XAtq',
          '-d',
          conninfo,
          '-c',
          statement,
        ]);
        return exitCode === 0 ? Number(stdout.trim()) : undefined;
      };
      const before = await leaderNow();
      await awaitLeader(sandbox, before);
      expect(await until('a write', write)).toBe(sandbox.node(before).port);
      await killPostmaster(sandbox, before);
      const next = await until('a write on another node', async () => {
        const port = await write();
        return port === sandbox.node(before).port ? undefined : port;
      });
      expect(next).toBe(sandbox.node(await leaderNow()).port);
      // Our own connections understand the same.
      expect(await until('a write by repmgr', async () => await attempt(conninfo, portOf))).toBe(next);
    },
  );
});
