/** A standby with hot_standby=off: repmgrd knows it by files and processes, and has it follow the next primary. */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { awaitLeader, awaitNewLeader, killPostmaster, leadersView, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

describe.each([12, 15])('on PostgreSQL %i', (postgresVersion) => {
  let sandbox: Sandbox;
  const closed = 3;

  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 3,
      postgresVersion,
      repmgrConf: { failover: 'automatic', rejoin: 'automatic', primary_lease_secs: '3', log_level: 'INFO' },
    });
    const neverPromoted = await withSettings(sandbox, closed, { priority: '0' });
    await Promise.all([
      sandbox.startRepmgrd(1),
      sandbox.startRepmgrd(2),
      sandbox.startRepmgrd(closed, { args: neverPromoted }),
    ]);
    await awaitLeader(sandbox, 1);
    // Its repmgrd knows the cluster by now; one that had never read the metadata would wait for its server.
    const { dataDirectory, logFile } = sandbox.node(closed);
    await sandbox.stop(closed);
    await appendFile(join(dataDirectory, 'postgresql.conf'), '\nhot_standby = off\n');
    const pgCtl = join(sandbox.binDirectory, 'pg_ctl');
    await sandbox.run(pgCtl, ['start', '-W', '-D', dataDirectory, '-l', logFile]);
  });

  const streamsFrom = async (primary: number): Promise<void> => {
    const sql =
      "SELECT application_name AS name FROM pg_stat_replication WHERE state = 'streaming' ORDER BY 1";
    const names = async () => (await sandbox.query(primary, sql)).map(({ name }) => name);
    await expect
      .poll(names, { timeout: 30_000, message: await leadersView(sandbox) })
      .toContain(`node${closed}`);
    const upstream = async () => (await viewOf(sandbox, closed))?.server.upstream;
    await expect.poll(upstream, { timeout: 10_000 }).toBe(primary);
  };

  it('it is seen as what it is, and readers are kept away from it', async () => {
    await streamsFrom(1);
    const view = await viewOf(sandbox, closed);
    expect(view?.server).toMatchObject({ condition: 'hanging', isInRecovery: true, isStreaming: true });
    expect(view?.sickSigns).toContain('the server lets nobody in: hot_standby is off');
    const { host, apiPort } = sandbox.node(closed);
    expect((await fetch(`http://${host}:${apiPort}/replica`)).status).toBe(503);
  });

  it('it votes, and follows the next primary', async () => {
    await sandbox.query(1, 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS id');
    await killPostmaster(sandbox, 1);
    expect(await awaitNewLeader(sandbox, 1)).toBe(2);
    await streamsFrom(2);
    expect(await sandbox.query(2, 'SELECT count(*)::int AS n FROM t')).toEqual([{ n: 1000 }]);
  });
});
