/** A standby becomes the primary: by pg_ctl on PostgreSQL 10, by pg_promote() from 12 on. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readControlFile } from '../../src/postgres/control-file.ts';
import { serverVersion } from '../../src/postgres/version.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const versions = [10, 13, 15, 18];

describe.each(versions)('standby promote on PostgreSQL %i', (postgresVersion) => {
  it('waits until the server is writable, then corrects the metadata, and leaves no slot that nobody needs', async () => {
    const sandbox = await sandboxForTest({ nodes: 2, postgresVersion });
    const { dataDirectory, configFile } = sandbox.node(2);
    const promote = (...args: string[]) => sandbox.repmgr(2, [...args, 'standby', 'promote']);
    for (const slot of ['repmgr_slot_1', 'repmgr_slot_7', 'mine']) {
      await sandbox.query(2, `SELECT pg_create_physical_replication_slot('${slot}')`);
    }
    await sandbox.query(1, `UPDATE repmgr_sandbox.repl_nodes SET active = false WHERE id = 2`);

    const refused = await promote();
    expect(refused).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: [
        'ERROR: another node is a primary',
        'DETAIL: Node "node1" (ID: 1) accepts writes.',
        'HINT: Stop it first; two primaries at a time write what no one can put together again.',
        '',
      ].join('\n'),
    });
    await sandbox.kill(1);

    const order =
      postgresVersion === 10 ? `run "pg_ctl promote -D ${dataDirectory} -W"` : 'call pg_promote()';
    const steps = [
      'drop the inactive replication slot "repmgr_slot_1", which no follower needs',
      'drop the inactive replication slot "repmgr_slot_7", which no follower needs',
      `promote the local server: ${order}`,
      'wait up to 60 seconds until it accepts writes',
      'record node "node1" (ID: 1) as inactive',
      'record node "node2" (ID: 2) as the active primary',
      'make a checkpoint, so that pg_rewind sees the new timeline',
    ];
    expect(await promote('--dry-run')).toMatchObject({ exitCode: 0, stdout: `${steps.join('\n')}\n` });
    expect(JSON.parse((await promote('--dry-run', '--json')).stdout)).toEqual({ steps });
    expect(await sandbox.query(2, 'SELECT pg_is_in_recovery() AS is_standby')).toEqual([
      { is_standby: true },
    ]);
    expect(await sandbox.query(2, 'SELECT slot_name FROM pg_replication_slots')).toHaveLength(3);

    const promoted = await promote();
    expect(promoted).toMatchObject({ exitCode: 0, stdout: '' });
    expect(promoted.stderr).toMatch(
      /^NOTICE: replication slot "repmgr_slot_1" was dropped: .*\nNOTICE: replication slot "repmgr_slot_7" was dropped: .*\nNOTICE: promoting node "node2" \(ID: 2\) to primary\nDETAIL: promote the local server: .*\nNOTICE: node "node2" \(ID: 2\) is the primary now\n$/,
    );
    expect(
      await sandbox.query(
        2,
        'SELECT id, type, upstream_node_id, active FROM repmgr_sandbox.repl_nodes ORDER BY id',
      ),
    ).toEqual([
      { id: 1, type: 'master', upstream_node_id: null, active: false },
      { id: 2, type: 'master', upstream_node_id: null, active: true },
    ]);
    expect(
      await sandbox.query(
        2,
        `SELECT node_id, event, successful, details FROM repmgr_sandbox.repl_events
          WHERE event IN ('standby_promote', 'slot_dropped') ORDER BY event_timestamp`,
      ),
    ).toEqual([
      {
        node_id: 2,
        event: 'standby_promote',
        successful: true,
        details: 'node "node2" (ID: 2) was promoted to primary',
      },
      {
        node_id: 2,
        event: 'slot_dropped',
        successful: true,
        details: 'inactive replication slot "repmgr_slot_1" on node 2',
      },
      {
        node_id: 2,
        event: 'slot_dropped',
        successful: true,
        details: 'inactive replication slot "repmgr_slot_7" on node 2',
      },
    ]);
    expect(await sandbox.query(2, 'SELECT slot_name::text FROM pg_replication_slots')).toEqual([
      { slot_name: 'mine' },
    ]);
    // The checkpoint: pg_rewind finds the new timeline here only.
    const control = await readControlFile(dataDirectory, serverVersion(postgresVersion * 10_000));
    expect(control).toMatchObject({ timelineId: 2, state: 'in production' });
    expect(await readFile(join(dataDirectory, 'pg_wal', '00000002.history'), 'utf8')).toContain('\t');

    const again = await promote();
    expect(again).toMatchObject({
      exitCode: 1,
      stderr: [
        'ERROR: the local server is a primary already',
        'DETAIL: It accepts writes, and the metadata have it as the active primary: nothing is left to be done.',
        `HINT: See all nodes with: repmgr -f ${configFile} cluster show`,
        '',
      ].join('\n'),
    });
  });
});
