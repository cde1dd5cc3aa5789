/** Slots on the primary: what a failover would lose is told, consumers wait for standbys, and nothing keeps WAL for nobody. */
import { beforeAll, expect, it } from 'vitest';
import { SlotUpkeep } from '../../src/daemon/slot-upkeep.ts';
import type { ReportedEvent } from '../../src/daemon/report/reported-event.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { asUserOf, effectsOn, placeOf } from '../support/effects.ts';
import { awaitLeader, awaitNewLeader, awaitStreaming, leadersView } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxForTest({
    nodes: 3,
    postgresVersion: 17,
    postgresqlConf: { wal_level: 'logical', hot_standby_feedback: 'on' },
    repmgrConf: { failover: 'automatic', rejoin: 'automatic', primary_lease_secs: '8' },
  });
  await sandbox.query(1, `SELECT pg_create_logical_replication_slot('plain', 'pgoutput')`);
  await sandbox.query(1, `SELECT pg_create_logical_replication_slot('kept', 'pgoutput', false, false, true)`);
  await sandbox.query(1, `SELECT pg_create_physical_replication_slot('backup', true)`);
});

async function waitedFor(id: number): Promise<string> {
  const [row] = await sandbox.query<{ value: string }>(
    id,
    `SELECT current_setting('synchronized_standby_slots') AS value`,
  );
  return row?.value ?? '';
}

async function slotsOn(id: number): Promise<Readonly<Record<string, string>>> {
  const rows = await sandbox.query<{ name: string; status: string }>(
    id,
    `SELECT slot_name AS name, wal_status AS status FROM pg_replication_slots WHERE slot_type = 'physical'`,
  );
  return Object.fromEntries(rows.map(({ name, status }) => [name, status]));
}

it('cluster show lists the logical slots that a failover would lose, and to which standby', async () => {
  const warnings = async () => {
    const { stdout } = await sandbox.repmgr(1, ['cluster', 'show', '--json']);
    const found: readonly { node_id: number; code: string; message: string }[] = JSON.parse(stdout).warnings;
    return found.map(({ node_id, code, message }) => `${node_id} ${code}: ${message}`);
  };
  const ofPrimary =
    '1 logical_slot_lost: a failover would lose logical replication slot "plain" of node "node1" (id 1)';
  const ofStandby = (id: number) =>
    `${id} logical_slot_not_copied: a failover to node "node${id}" (id ${id}) would lose logical replication slot "kept"`;
  expect(await warnings()).toEqual([ofPrimary, ofStandby(2), ofStandby(3)]);

  const copied = await waitUntil(
    async () => {
      await sandbox.query(1, 'SELECT pg_log_standby_snapshot()');
      await sandbox.query(1, `SELECT pg_replication_slot_advance('kept', pg_current_wal_lsn())`);
      await sandbox.query(2, 'SELECT pg_sync_replication_slots()');
      const [slot] = await sandbox.query(
        2,
        `SELECT synced FROM pg_replication_slots WHERE slot_name = 'kept' AND NOT temporary`,
      );
      return slot === undefined ? undefined : true;
    },
    { deadlineMs: 20_000, intervalMs: 100 },
  );
  expect(copied).toBe(true);
  expect(await warnings()).toEqual([ofPrimary, ofStandby(3)]);
});

it('a primary drops, renews and waits for the slots of its standbys, and leaves others alone', async () => {
  const { context, lines } = await effectsOn(sandbox, 1);
  const events: ReportedEvent[] = [];
  const upkeep = new SlotUpkeep({
    self: context.self,
    place: placeOf(sandbox, 1),
    config: () => context.config,
    facts: () => ({ nodes: context.nodes() }),
    addresses: context.addresses,
    presentPrimary: () => context.nodes().find(({ role }) => role === 'primary'),
    own: async () => await context.connections.get('control'),
    report: (event) => events.push(event),
    log: context.log,
  });
  const run = (seconds: number) => asUserOf(sandbox, () => upkeep.run(seconds * 1000));
  const patience = { timeout: 20_000 };
  const eventuallyWaitsFor = (expected: string) => expect.poll(() => waitedFor(1), patience).toBe(expected);
  // The slot of a standby that is slow would be lost too.
  const untilNode2HasAll = async (): Promise<void> => {
    const [row] = await sandbox.query(1, 'SELECT pg_current_wal_lsn()::text AS lsn');
    const hasIt = `SELECT restart_lsn >= $1::pg_lsn AS yes FROM pg_replication_slots WHERE slot_name = 'repmgr_slot_2'`;
    const look = async () => await sandbox.query(1, hasIt, [row?.['lsn']]);
    await expect.poll(look, patience).toEqual([{ yes: true }]);
  };
  // The checkpointer may not have read its settings before.
  const slotsAfterCheckpoint = async () => {
    await sandbox.query(1, 'CHECKPOINT');
    return await slotsOn(1);
  };

  await run(0);
  await eventuallyWaitsFor('repmgr_slot_2, repmgr_slot_3');
  expect(lines).toContainEqual(
    expect.stringContaining('a failover would lose logical replication slot "plain" of this primary'),
  );

  await sandbox.stop(3);
  await expect
    .poll(
      () => sandbox.query(1, `SELECT FROM pg_replication_slots WHERE slot_name = 'repmgr_slot_3' AND active`),
      patience,
    )
    .toEqual([]);
  await run(10);
  expect(await waitedFor(1)).toBe('repmgr_slot_2, repmgr_slot_3');
  await run(20);
  await eventuallyWaitsFor('repmgr_slot_2');

  await sandbox.query(1, `ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'`);
  await sandbox.query(1, 'SELECT pg_reload_conf()');
  for (const seconds of [30, 40]) {
    for (let segment = 0; segment < 4; segment += 1) {
      await sandbox.query(1, `SELECT pg_logical_emit_message(true, 'test', 'x')`);
      await sandbox.query(1, 'SELECT pg_switch_wal()');
      await untilNode2HasAll();
    }
    await expect
      .poll(slotsAfterCheckpoint, patience)
      .toMatchObject({ repmgr_slot_3: 'lost', backup: 'lost' });
    await run(seconds);
    expect(await slotsOn(1)).toMatchObject({ repmgr_slot_3: 'reserved', backup: 'lost' });
  }
  // Nobody has used it since.
  const told = lines.filter((line) => line.includes('"repmgr_slot_3" had lost WAL, and was made anew'));
  expect(told).toEqual([expect.stringContaining('WARNING'), expect.stringContaining('DEBUG')]);

  await run(10 + 86_399);
  expect(await slotsOn(1)).toHaveProperty('repmgr_slot_3');
  await run(10 + 86_400);
  expect(await slotsOn(1)).toEqual({ repmgr_slot_2: 'reserved', backup: 'lost' });
  expect(events.map(({ name, details }) => `${name}: ${details}`)).toEqual([
    'slot_dropped: replication slot "repmgr_slot_3" on node 1: node 3 was absent for 86400 seconds',
  ]);
});

it('with repmgrd consumers wait after a failover for those who follow', async () => {
  // The WAL that it lacks went with its slot, or not yet.
  await sandbox.query(1, 'ALTER SYSTEM RESET max_slot_wal_keep_size');
  await sandbox.query(1, 'SELECT pg_reload_conf()');
  const { host, port } = sandbox.node(1);
  const source = ['-h', host, '-p', String(port), '-U', 'repmgr', '-d', 'repmgr'];
  const target = ['-D', sandbox.node(3).dataDirectory, '--force'];
  const cloned = await sandbox.repmgr(3, [...source, ...target, 'standby', 'clone']);
  expect(cloned, cloned.stderr).toMatchObject({ exitCode: 0 });
  await sandbox.start(3);
  // Node 2 has the copy of the failover slot.
  const neverPromoted = await withSettings(sandbox, 3, { priority: '0' });
  await Promise.all([
    sandbox.startRepmgrd(1),
    sandbox.startRepmgrd(2),
    sandbox.startRepmgrd(3, { args: neverPromoted }),
  ]);
  await awaitLeader(sandbox, 1);
  await awaitStreaming(sandbox, 1, [2, 3]);

  await sandbox.query(1, `SELECT pg_drop_replication_slot('backup')`);
  await sandbox.kill(1);
  expect(await awaitNewLeader(sandbox, 1)).toBe(2);
  await awaitStreaming(sandbox, 2, [3]);
  await expect
    .poll(() => waitedFor(2), { timeout: 30_000, message: await leadersView(sandbox) })
    // Node 1 may be back as a standby by then.
    .toMatch(/^(repmgr_slot_1, )?repmgr_slot_3$/);
});
