/** A password that changes under running repmgrds, and a resolver that never answers during a failover. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { monotonicMs, waitUntil } from '../../src/system/clock.ts';
import { Ledger } from '../support/ledger.ts';
import { noMounts, ownResolver, type OwnResolver } from '../support/own-resolver.ts';
import {
  awaitLeader,
  awaitNewLeader,
  awaitStreaming,
  expectNoFailover,
  killPostmaster,
  leadersView,
} from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile, withSettings } from '../support/sandbox-files.ts';

const leaseMs = 2_000;
const ids = [1, 2, 3];

describe('repmgrds that know the nodes by host names, and log in with a password', () => {
  let sandbox: Sandbox;
  let ledger: Ledger;
  let passwordFile: string;
  let resolver: OwnResolver | undefined;
  const writePassword = (password: string) => writeFileSync(passwordFile, `*:*:*:watcher:${password}\n`);
  /** As the superuser of the sandbox, whom nothing here shuts out. */
  const order = async (id: number, ...statements: readonly string[]) => {
    const { host, port } = sandbox.node(id);
    const connection = await connect(`host=${host} port=${port} user=postgres dbname=repmgr sslmode=disable`);
    try {
      for (const statement of statements) await connection.query(statement);
    } finally {
      await connection.close();
    }
  };
  const endSessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'watcher'";
  const logOf = (id: number) => readFileSync(sandbox.node(id).repmgrdLogFile, 'utf8');

  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 3,
      repmgrConf: { failover: 'automatic', primary_lease_secs: String(leaseMs / 1000), log_level: 'INFO' },
    });
    passwordFile = await putFile(sandbox, 'passwords', '');
    writePassword('first-password');
    resolver = await ownResolver(sandbox);
    if (resolver === undefined) return;
    await order(
      1,
      "CREATE ROLE watcher SUPERUSER LOGIN PASSWORD 'first-password'",
      "UPDATE repmgr_sandbox.repl_nodes SET conninfo = replace(replace(conninfo, '127.0.0.1', 'localhost'), 'user=repmgr', 'user=watcher')",
    );
    for (const id of ids) {
      const file = join(sandbox.node(id).dataDirectory, 'pg_hba.conf');
      writeFileSync(file, `host repmgr watcher all md5\n${readFileSync(file, 'utf8')}`);
      await order(id, 'SELECT pg_reload_conf()');
      const conninfo = `host=localhost port=${sandbox.node(id).port} user=watcher dbname=repmgr sslmode=disable`;
      const [, configFile] = await withSettings(sandbox, id, { conninfo });
      resolver.start(id, configFile, { PGPASSFILE: passwordFile });
    }
    await awaitLeader(sandbox, 1);
    ledger = new Ledger(sandbox);
    await ledger.start(1);
  });
  afterAll(async () => {
    await ledger?.stop();
  });

  it('say that the password is refused, fail nothing over, and go on with the new one', async ({ skip }) => {
    if (resolver === undefined) return skip(noMounts);
    await order(1, "ALTER ROLE watcher PASSWORD 'second-password'");
    await ledger.written(1, 20);
    for (const id of ids) await order(id, endSessions);
    const complain = async () =>
      ids.every((id) => /\[ERROR\] the local server does not answer: .*\n.*\n?.*\[HINT\]/.test(logOf(id)))
        ? true
        : undefined;
    expect(await waitUntil(complain, { deadlineMs: 20_000 }), await leadersView(sandbox)).toBe(true);
    await expectNoFailover(sandbox, 2 * leaseMs);
    writePassword('second-password');
    const isIn = async () => {
      const count = "SELECT count(*)::int AS count FROM pg_stat_activity WHERE usename = 'watcher'";
      const found = await Promise.all(ids.map(async (id) => (await sandbox.query(id, count))[0]?.['count']));
      return found.every((it) => Number(it) > 1) ? true : undefined;
    };
    expect(await waitUntil(isIn, { deadlineMs: 20_000 }), await leadersView(sandbox)).toBe(true);
    await awaitLeader(sandbox, 1);
    await ledger.written(1, 20);
    expect(ledger.turns).toEqual([1]);
    for (const id of ids) expect(logOf(id)).not.toMatch(/first-password|second-password/);
  });

  it('wait for no resolver: neither those that lose their connections, nor a failover', async ({ skip }) => {
    if (resolver === undefined) return skip(noMounts);
    resolver.die();
    for (const id of ids) await order(id, endSessions);
    await expectNoFailover(sandbox, 2 * leaseMs);
    await ledger.written(1, 20);
    const killedAt = monotonicMs();
    await killPostmaster(sandbox, 1);
    const winner = await awaitNewLeader(sandbox, 1);
    await ledger.written(winner, 20);
    expect(ledger.outageMs(killedAt), await leadersView(sandbox)).toBeLessThan(4_000);
    const standby = winner === 2 ? 3 : 2;
    await awaitStreaming(sandbox, winner, [standby]);
    resolver.revive();
    await awaitStreaming(sandbox, winner, [1, standby]);
    await ledger.stop();
    expect(await ledger.missingOn(winner)).toEqual([]);
    expect(ledger.turns).toEqual([1, winner]);
  });
});
