/** What scripts of repmgr 3 read, and what is new beside it, on three nodes with nothing wrong. */
import { expect, it } from 'vitest';
import { sandboxForTest } from '../support/sandbox.ts';

it('shows three healthy nodes as table, compact, CSV and JSON, asked by file or by options', async () => {
  const sandbox = await sandboxForTest({ nodes: 3 });
  const conninfos = sandbox.nodes.map(({ conninfo }) => conninfo);
  const dashes = '-'.repeat(Math.max(...conninfos.map(({ length }) => length)));

  const table = await sandbox.repmgr(2, ['cluster', 'show']);
  const expected = [
    'Role      | Name  | Upstream | Connection String',
    `----------+-------|----------|-${dashes}`,
    `* master  | node1 |          | ${conninfos[0]}`,
    `  standby | node2 | node1    | ${conninfos[1]}`,
    `  standby | node3 | node1    | ${conninfos[2]}`,
    '',
  ].join('\n');
  expect(table).toMatchObject({ exitCode: 0, stdout: expected, stderr: '' });

  const { host, port } = { host: '127.0.0.1', port: String(sandbox.node(3).port) };
  const clusterName = 'sandbox';
  const byOptions = await sandbox.repmgr(1, [
    '-h',
    host,
    '-p',
    port,
    '--cluster',
    clusterName,
    'CLUSTER',
    'Show',
  ]);
  expect(byOptions).toMatchObject({ exitCode: 0, stdout: expected });

  const compact = await sandbox.repmgr(2, ['cluster', 'show', '--compact']);
  expect(compact.stdout.split('\n').slice(0, 3)).toEqual([
    'Role      | Name  | Upstream',
    '----------+-------|---------',
    '* master  | node1 |',
  ]);

  const csv = await sandbox.repmgr(2, ['cluster', 'show', '--csv']);
  expect(csv).toMatchObject({ exitCode: 0, stdout: '1,0\n2,0\n3,0\n', stderr: '' });

  const json = JSON.parse((await sandbox.repmgr(2, ['cluster', 'show', '--json'])).stdout);
  expect(json).toMatchObject({
    cluster: clusterName,
    nodes: [
      { id: 1, type: 'master', status: 'answered', role: 'primary', is_attached: null, is_read_only: false },
      {
        id: 2,
        type: 'standby',
        role: 'standby',
        attached_upstream_node_id: 1,
        is_attached: true,
        timeline: 1,
      },
      { id: 3, type: 'standby', role: 'standby', attached_upstream_node_id: 1, is_read_only: true },
    ],
    warnings: [],
  });
  expect(Object.keys(json.nodes[1])).toEqual([
    ...['id', 'name', 'type', 'active', 'upstream_node_id', 'upstream_node_name', 'priority', 'slot_name'],
    ...['conninfo', 'status', 'reason', 'role', 'attached_upstream_node_id', 'is_attached', 'server_version'],
    ...['system_identifier', 'timeline', 'current_lsn', 'received_lsn', 'replayed_lsn', 'is_replay_paused'],
    'is_read_only',
  ]);
});

it('never shows a password, and ends with repmgr 3 exit codes where there is no list to show', async () => {
  const sandbox = await sandboxForTest({ nodes: 1 });
  await sandbox.query(1, "UPDATE repmgr_sandbox.repl_nodes SET conninfo = conninfo || ' password=hush'");
  for (const form of ['--verbose', '--csv', '--json', '--compact']) {
    const shown = await sandbox.repmgr(1, ['cluster', 'show', form]);
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout + shown.stderr).not.toContain('hush');
  }
  expect((await sandbox.repmgr(1, ['cluster', 'show'])).stdout).toContain('password=***');

  const otherCluster = await sandbox.repmgr(1, ['--cluster=nosuch', 'cluster', 'show']);
  expect(otherCluster).toMatchObject({ exitCode: 1, stdout: '' });
  expect(otherCluster.stderr).toMatch(
    /^ERROR: there is no cluster "nosuch" in this database\nDETAIL: It has no schema "repmgr_nosuch" [^\n]* is of: "sandbox"\.\nHINT: [^\n]*--cluster=sandbox\n$/,
  );

  await sandbox.stop(1);
  const down = await sandbox.repmgr(1, ['cluster', 'show']);
  expect(down).toMatchObject({ exitCode: 6, stdout: '' });
  expect(down.stderr).toMatch(/HINT: .*cluster show/);
});
