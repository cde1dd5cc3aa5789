/** A standby follows the new primary: by a reload from PostgreSQL 13 on, by a restart before. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { postmasterOf } from '../support/local-server.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

const versions = [10, 13, 15, 18];

describe.each(versions)('standby follow on PostgreSQL %i', (postgresVersion) => {
  it('streams from the promoted node, through a slot there, and records it', async () => {
    const sandbox = await sandboxForTest({ nodes: 3, postgresVersion });
    const { dataDirectory } = sandbox.node(3);
    const events = join(sandbox.directory, 'events');
    const notified = await withSettings(sandbox, 3, {
      event_notification_command: `echo "%n %e %s [%d] %a %c %p" >> ${events}`,
    });
    const follow = (...args: string[]) => sandbox.repmgr(3, [...notified, 'standby', 'follow', ...args]);
    await sandbox.kill(1);

    const nobody = await follow();
    expect(nobody).toMatchObject({ exitCode: 1, stdout: '' });
    expect(nobody.stderr).toMatch(
      /^ERROR: no primary of cluster "sandbox" was found\nDETAIL: These nodes did not answer: "node1" \(ID: 1\): .*\nHINT: .*standby follow -W\n$/,
    );
    expect(await sandbox.repmgr(2, ['standby', 'promote'])).toMatchObject({ exitCode: 0 });

    const before = await postmasterOf(sandbox, 3);
    const canReload = postgresVersion >= 13;
    const dryRun = await follow('--dry-run');
    expect(dryRun).toMatchObject({ exitCode: 0, stderr: '' });
    const steps = dryRun.stdout.trimEnd().split('\n');
    expect(steps).toEqual([
      'create the replication slot "repmgr_slot_3" on node "node2" (ID: 2)',
      expect.stringMatching(
        /^write the recovery settings in ".*node3": primary_conninfo = ".*application_name=node3/,
      ),
      canReload
        ? 'let the server read them: call pg_reload_conf()'
        : `restart the server: run "pg_ctl restart -D ${dataDirectory} -w -m fast"`,
      'wait up to 30 seconds until it streams from node "node2" (ID: 2)',
      'record node "node3" (ID: 3) as a standby of node "node2" (ID: 2)',
      'drop the replication slot "repmgr_slot_3" on node "node1" (ID: 1), if it is there',
    ]);
    expect(JSON.parse((await follow('--dry-run', '--json')).stdout)).toEqual({ steps });
    expect(await sandbox.query(2, 'SELECT slot_name FROM pg_replication_slots')).toEqual([]);

    const followed = await follow();
    expect(followed).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'NOTICE: node "node3" (ID: 3) streams from node "node2" (ID: 2) now\n',
    });
    if (canReload) expect(await postmasterOf(sandbox, 3)).toBe(before);
    else expect(await postmasterOf(sandbox, 3)).not.toBe(before);

    expect(
      await sandbox.query(
        2,
        `SELECT application_name, state, slot_name::text, active
           FROM pg_stat_replication JOIN pg_replication_slots ON active_pid = pid`,
      ),
    ).toEqual([{ application_name: 'node3', state: 'streaming', slot_name: 'repmgr_slot_3', active: true }]);
    expect(
      await sandbox.query(3, 'SELECT status, received_tli, slot_name FROM pg_stat_wal_receiver'),
    ).toEqual([{ status: 'streaming', received_tli: 2, slot_name: 'repmgr_slot_3' }]);
    await sandbox.query(2, 'CREATE TABLE later AS SELECT 1 AS id');
    await expect
      .poll(() => sandbox.query(3, `SELECT to_regclass('later') IS NOT NULL AS is_there`))
      .toEqual([{ is_there: true }]);
    expect(
      await sandbox.query(
        2,
        'SELECT type, upstream_node_id, active FROM repmgr_sandbox.repl_nodes WHERE id = 3',
      ),
    ).toEqual([{ type: 'standby', upstream_node_id: 2, active: true }]);
    expect(
      await sandbox.query(
        2,
        `SELECT node_id, successful, details FROM repmgr_sandbox.repl_events WHERE event = 'standby_follow'`,
      ),
    ).toEqual([{ node_id: 3, successful: true, details: null }]);
    const { conninfo } = sandbox.node(2);
    expect(await readFile(events, 'utf8')).toBe(`3 standby_follow 1 [] node2 ${conninfo} 2\n`);

    // Once more changes nothing that matters.
    expect(await follow('--no-wait')).toMatchObject({ exitCode: 0 });
    expect(await sandbox.query(2, 'SELECT state FROM pg_stat_replication')).toEqual([{ state: 'streaming' }]);
  });
});

it('restarts where it is told to, keeps what the server was started with, and starts it without our variables', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  const { dataDirectory, logFile, port } = sandbox.node(2);
  const pgCtl = join(sandbox.binDirectory, 'pg_ctl');
  await sandbox.stop(2);
  const options = '-c work_mem=7MB -c "cluster_name=it is node2"';
  await sandbox.run(pgCtl, ['start', '-w', '-D', dataDirectory, '-l', logFile, '-o', options]);
  const before = await postmasterOf(sandbox, 2);

  const file = await withSettings(sandbox, 2, {
    standby_follow_restart: 'on',
    pg_ctl_options: `-t 30 -o "-c maintenance_work_mem=9MB"`,
  });
  const followed = await sandbox.repmgr(2, [...file, '--verbose', 'standby', 'follow'], {
    env: { PGPORT: '1', PGDATA: '/nowhere', PGDATESTYLE: 'German' },
  });
  expect(followed).toMatchObject({ exitCode: 0 });
  expect(followed.stderr).toContain('INFO: restart the server: run "pg_ctl restart ');
  expect(await postmasterOf(sandbox, 2)).not.toBe(before);
  expect(
    await sandbox.query(
      2,
      `SELECT current_setting('work_mem') AS work_mem, current_setting('cluster_name') AS cluster_name,
              current_setting('maintenance_work_mem') AS maintenance_work_mem, current_setting('port')::int AS port`,
    ),
  ).toEqual([{ work_mem: '7MB', cluster_name: 'it is node2', maintenance_work_mem: '9MB', port }]);
  expect(await readFile(join(dataDirectory, 'log', 'repmgr-start.log'), 'utf8')).toContain(
    'entering standby mode',
  );
});
