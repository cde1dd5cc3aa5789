/** Failover slots that a former primary still has when it is back: they keep the copies of the present ones away (17+). */
import { expect, it } from 'vitest';
import { SlotUpkeep } from '../../src/daemon/slot-upkeep.ts';
import type { ReportedEvent } from '../../src/daemon/report/reported-event.ts';
import { asUserOf, effectsOn, placeOf } from '../support/effects.ts';
import { awaitStreaming } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

it('are told with what to run, dropped with rejoin=automatic where the primary goes on with the copy, and copied then', async () => {
  const sandbox = await sandboxForTest({
    nodes: 2,
    postgresVersion: 17,
    postgresqlConf: { wal_level: 'logical', hot_standby_feedback: 'on' },
    repmgrConf: { use_replication_slots: '1' },
  });
  const slotsOn = async (id: number) => {
    const sql = `SELECT slot_name || CASE WHEN synced THEN ' copy' ELSE ' own' END AS slot
                   FROM pg_replication_slots WHERE failover AND NOT temporary ORDER BY 1`;
    return (await sandbox.query(id, sql)).map(({ slot }) => slot);
  };
  const make = async (name: string) =>
    await sandbox.query(
      1,
      `SELECT pg_create_logical_replication_slot('${name}', 'pgoutput', false, false, true)`,
    );
  const patience = { timeout: 20_000, interval: 100 };
  await make('kept');
  await expect
    .poll(async () => {
      await sandbox.query(1, 'SELECT pg_log_standby_snapshot()');
      await sandbox.query(1, `SELECT pg_replication_slot_advance('kept', pg_current_wal_lsn())`);
      await sandbox.query(2, 'SELECT pg_sync_replication_slots()');
      return await slotsOn(2);
    }, patience)
    .toEqual(['kept copy']);
  await make('never_copied');
  await sandbox.stop(1);
  expect(await sandbox.repmgr(2, ['standby', 'promote', '--force'])).toMatchObject({ exitCode: 0 });
  const { conninfo } = sandbox.node(2);
  const rejoined = await sandbox.repmgr(1, ['node', 'rejoin', '-d', conninfo]);
  expect(rejoined, rejoined.stderr).toMatchObject({ exitCode: 0 });
  await awaitStreaming(sandbox, 2, [1]);
  expect(await slotsOn(1)).toEqual(['kept own', 'never_copied own']);
  await expect(sandbox.query(1, 'SELECT pg_sync_replication_slots()')).rejects.toThrow();

  const { context, lines } = await effectsOn(sandbox, 1);
  const events: ReportedEvent[] = [];
  const upkeep = (rejoin: 'manual' | 'automatic') =>
    new SlotUpkeep({
      self: context.self,
      place: placeOf(sandbox, 1),
      config: () => ({ ...context.config, rejoin }),
      facts: () => ({ nodes: context.nodes() }),
      addresses: context.addresses,
      presentPrimary: () => context.nodes().find(({ id }) => id === 2),
      own: async () => await context.connections.get('control'),
      report: (event) => events.push(event),
      log: context.log,
    });
  const byHand = upkeep('manual');
  await asUserOf(sandbox, () => byHand.run(0));
  await asUserOf(sandbox, () => byHand.run(10_000));
  const warnings = lines.filter((line) => line.includes('WARNING'));
  expect(warnings).toEqual([
    expect.stringContaining(`SELECT pg_drop_replication_slot('kept'); with rejoin=automatic`),
  ]);
  expect(await slotsOn(1)).toEqual(['kept own', 'never_copied own']);

  const automatic = upkeep('automatic');
  await asUserOf(sandbox, () => automatic.run(0));
  expect(await slotsOn(1)).toEqual(['never_copied own']);
  expect(events.map(({ name, details }) => `${name}: ${details}`)).toEqual([
    'slot_dropped: replication slot "kept" on node 1: the present primary goes on with its copy',
  ]);
  await expect
    .poll(async () => {
      await sandbox.query(2, 'SELECT pg_log_standby_snapshot()');
      await sandbox.query(2, `SELECT pg_replication_slot_advance('kept', pg_current_wal_lsn())`);
      await sandbox.query(1, 'SELECT pg_sync_replication_slots()');
      return await slotsOn(1);
    }, patience)
    .toEqual(['kept copy', 'never_copied own']);
});
