/** What is seen depends on the version of PostgreSQL and on what the role may see; nothing wrong is said of the rest. */
import { describe, expect, it } from 'vitest';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';
import { programFolder } from '../support/unprivileged.ts';

describe.each([10, 18])('cluster show on PostgreSQL %i', (postgresVersion) => {
  it('knows upstreams where the role may see them, and says nothing of them where it may not', async () => {
    const sandbox = await sandboxForTest({ nodes: 2, postgresVersion });
    await sandbox.query(1, 'CREATE ROLE watcher LOGIN');
    await sandbox.query(
      1,
      'GRANT USAGE ON SCHEMA repmgr_sandbox TO watcher; GRANT SELECT ON repmgr_sandbox.repl_nodes TO watcher',
    );
    const asWatcher = async () => {
      const conninfos = [1, 2].map((id) => sandbox.node(id).conninfo.replace('user=repmgr', 'user=watcher'));
      for (const [index, conninfo] of conninfos.entries()) {
        await sandbox.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET conninfo = $1 WHERE id = $2', [
          conninfo,
          index + 1,
        ]);
      }
      const file = await withSettings(sandbox, 1, { conninfo: conninfos[0] });
      const { exitCode, stdout, stderr } = await sandbox.repmgr(1, [...file, 'cluster', 'show', '--json']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      return JSON.parse(stdout);
    };
    const asOwner = JSON.parse((await sandbox.repmgr(1, ['cluster', 'show', '--json'])).stdout);
    expect(asOwner.warnings).toEqual([]);
    expect(asOwner.nodes).toMatchObject([
      { role: 'primary', is_attached: null, timeline: 1, server_version: expect.any(Number) },
      { role: 'standby', is_attached: true, attached_upstream_node_id: 1, timeline: 1 },
    ]);

    const hidden = await asWatcher();
    expect(hidden.warnings).toEqual([]);
    expect(hidden.nodes).toMatchObject([
      { status: 'answered', role: 'primary' },
      { status: 'answered', role: 'standby', is_attached: null, attached_upstream_node_id: null },
    ]);

    await sandbox.query(1, 'GRANT pg_monitor TO watcher');
    const shown = await asWatcher();
    expect(shown.warnings).toEqual([]);
    expect(shown.nodes[1]).toMatchObject({ is_attached: true, attached_upstream_node_id: 1 });

    await sandbox.query(1, 'REVOKE SELECT ON repmgr_sandbox.repl_nodes FROM watcher');
    const file = await withSettings(sandbox, 1, {
      conninfo: sandbox.node(1).conninfo.replace('user=repmgr', 'user=watcher'),
    });
    const refused = await sandbox.repmgr(1, [...file, 'cluster', 'show']);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /^ERROR: the nodes of cluster "sandbox" cannot be read\nDETAIL: .*permission denied for (relation|table) repl_nodes.*\nHINT: Let this role see them: GRANT USAGE ON SCHEMA "repmgr_sandbox" and GRANT SELECT ON "repmgr_sandbox"\.repl_nodes to it\.\n$/,
    );
  });

  it('tells the same disagreements', async () => {
    const sandbox = await sandboxForTest({ nodes: 3, postgresVersion });
    const warnings = async () => {
      const { stdout } = await sandbox.repmgr(1, ['cluster', 'show', '--json']);
      const found: readonly { node_id: number | null; code: string }[] = JSON.parse(stdout).warnings;
      return found.map(({ node_id, code }) => `${node_id ?? 'cluster'} ${code}`);
    };
    await expect.poll(warnings, { timeout: 20_000 }).toEqual([]);
    await sandbox.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET upstream_node_id = 2 WHERE id = 3');
    await expect.poll(warnings, { timeout: 20_000 }).toEqual(['3 other_upstream']);
    await sandbox.query(
      1,
      "UPDATE repmgr_sandbox.repl_nodes SET type = 'master', upstream_node_id = NULL WHERE id = 3",
    );
    expect(await warnings()).toEqual(
      expect.arrayContaining(['cluster several_primary_rows', '3 primary_in_recovery']),
    );
    await sandbox.query(
      1,
      "UPDATE repmgr_sandbox.repl_nodes SET type = 'standby', upstream_node_id = 1 WHERE id = 3",
    );
    await sandbox.query(2, 'SELECT pg_wal_replay_pause()');
    await expect.poll(warnings, { timeout: 20_000 }).toEqual(['2 replay_paused']);
    await sandbox.query(2, 'SELECT pg_wal_replay_resume()');
    await sandbox.query(1, 'ALTER SYSTEM SET default_transaction_read_only = on');
    await sandbox.query(1, 'SELECT pg_reload_conf()');
    await expect.poll(warnings, { timeout: 20_000 }).toEqual(['1 primary_read_only']);
  });
});

it('shows rows of every kind: a witness, a placeholder, one that nobody can read, one beyond the network', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  const { port } = sandbox.node(1);
  const reach = (target: number) => `host=127.0.0.1 port=${target} user=repmgr dbname=repmgr`;
  const rows = [
    [4, 'witness', null, 'arbiter', reach(port), true],
    [5, 'witness', null, 'silent arbiter', '', true],
    [6, 'standby', 2, '', '', false],
    [7, 'standby', 2, 'typo', 'host=here colour=red', true],
    [8, 'standby', 1, "o'br\u0007ien \u{1f418}", `${reach(1)} password='se cret'`, true],
    [9, 'standby', 1, 'twin', reach(sandbox.node(2).port), true],
  ];
  for (const row of rows) {
    await sandbox.query(
      1,
      `INSERT INTO repmgr_sandbox.repl_nodes (id, type, upstream_node_id, cluster, name, conninfo, priority, active)
       VALUES ($1, $2, $3, 'sandbox', $4, $5, 100, $6)`,
      row,
    );
  }
  const { exitCode, stdout, stderr } = await sandbox.repmgr(1, ['cluster', 'show']);
  expect(exitCode).toBe(0);
  const dashes = '-'.repeat(`${reach(1)} password=***`.length);
  const own = (id: number) => sandbox.node(id).conninfo;
  const longest = '-'.repeat(Math.max(dashes.length, own(1).length, own(2).length));
  expect(stdout).toBe(
    [
      'Role      | Name           | Upstream | Connection String',
      `----------+----------------|----------|-${longest}`,
      `* master  | node1          |          | ${own(1)}`,
      `  standby | node2          | node1    | ${own(2)}`,
      `  witness | arbiter        |          | ${reach(port)}`,
      '  FAILED  | silent arbiter |          |',
      '  FAILED  |                | node2    |',
      '  FAILED  | typo           | node2    | host=here colour=red',
      `  FAILED  | o'br?ien \u{1f418}     | node1    | ${reach(1)} password=***`,
      `  standby | twin           | node1    | ${reach(sandbox.node(2).port)}`,
      '',
    ].join('\n'),
  );
  const lines = stderr.split('\n');
  for (const expected of [
    /^WARNING: node "silent arbiter" \(id 5\) is unreachable: the address of its repmgrd is not known$/,
    /^WARNING: node "" \(id 6\) is unreachable \(its row says that it is inactive\): its row has no conninfo$/,
    /^WARNING: node "typo" \(id 7\) is unreachable: .*colour/,
    /^WARNING: node "o'br.*ien .*" \(id 8\) is unreachable: connection refused$/,
    /^WARNING: the connection strings of node "node2" \(id 2\) and node "twin" \(id 9\) lead to one and the same server$/,
  ]) {
    expect(lines.filter((line) => expected.test(line))).toHaveLength(1);
  }
  expect(stderr).not.toContain('se cret');
});

it('is asked without a repmgr.conf, by options or by the environment, and needs the name of the cluster', async () => {
  const sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
  expect(await sandbox.repmgr(1, ['primary', 'register'])).toMatchObject({ exitCode: 0 });
  const { host, port } = sandbox.node(1);
  const folder = await programFolder();
  const show = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    folder.run('repmgr', [...args, 'cluster', 'show', '--csv'], { env });
  const options = ['-h', host, '-p', String(port), '-U', 'repmgr', '-d', 'repmgr'];
  expect(await show([...options, '--cluster=sandbox'])).toEqual({ exitCode: 0, stdout: '1,0\n', stderr: '' });
  const uri = `postgresql://repmgr@${host}:${port}/repmgr`;
  expect(await show(['-d', uri, '-h', 'elsewhere', '--cluster=sandbox'])).toMatchObject({ stdout: '1,0\n' });
  const environment = { PGHOST: host, PGPORT: String(port), PGUSER: 'repmgr', PGDATABASE: 'repmgr' };
  expect(await show(['--cluster=sandbox'], environment)).toMatchObject({ stdout: '1,0\n' });
  expect(await show(['--cluster=sandbox', '-p', '1'], environment)).toMatchObject({
    exitCode: 6,
    stderr: expect.stringMatching(/HINT: Name a server of the cluster that is up: -h HOST/),
  });
  expect(await show(options)).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^ERROR: the name of the cluster is not known\nDETAIL: .*\nHINT: .*--cluster=NAME/,
    ),
  });
});
