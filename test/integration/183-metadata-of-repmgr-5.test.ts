/** cluster import --from-repmgr5, on metadata made to the description of repmgr 5. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { addRepmgr5Node, makeRepmgr5Schema } from '../support/repmgr5-schema.ts';
import { putFile, withSettings } from '../support/sandbox-files.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { describeSchema } from '../support/schema-description.ts';

/** A primary with tables of repmgr 5, and no schema of ours. */
async function primary(postgresVersion = 15): Promise<Sandbox> {
  const sandbox = await sandboxForTest({ nodes: 1, build: 'primary', postgresVersion });
  await makeRepmgr5Schema(sandbox);
  return sandbox;
}

async function importInto(sandbox: Sandbox, cluster: string, ...args: string[]) {
  return await sandbox.repmgr(1, [`--cluster=${cluster}`, 'cluster', 'import', '--from-repmgr5', ...args]);
}

async function schemasOf(sandbox: Sandbox) {
  return await sandbox.query(
    1,
    `SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^repmgr' ORDER BY 1`,
  );
}

it.each([10, 15, 18])(
  'nodes, events and all history arrive in the form of repmgr 3, on PostgreSQL %i',
  async (postgresVersion) => {
    const sandbox = await primary(postgresVersion);
    const { conninfo } = sandbox.node(1);
    await addRepmgr5Node(sandbox, 1, 'primary', { conninfo });
    await addRepmgr5Node(sandbox, 3, 'standby', { upstream: 1, priority: 0 });
    await addRepmgr5Node(sandbox, 2, 'standby', { upstream: 3, isActive: false, name: "it's" });
    await addRepmgr5Node(sandbox, 4, 'witness', { upstream: 1 });
    await sandbox.query(
      1,
      `INSERT INTO repmgr.events VALUES
       (1, 'cluster_created', true, '2020-01-02 03:04:05+00', NULL), (9, 'standby_failure', false, now(), 'gone')`,
    );
    await sandbox.query(
      1,
      `INSERT INTO repmgr.monitoring_history
     SELECT 1, node, now() - number * interval '1 second', now(), '0/3000060', '0/2000060', 16777216, 8192
       FROM unnest(ARRAY[3, 3, 9, 7]) AS node, generate_series(1, 100) AS number`,
    );
    await sandbox.query(
      1,
      `INSERT INTO repmgr.monitoring_history VALUES (1, 4, now(), NULL, '0/3000060', NULL, 0, 0)`,
    );
    const dryRun = await importInto(sandbox, 'Main "1"', '--dry-run');
    expect(dryRun).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dryRun.stdout).toContain('take over node "it\'s" (ID: 2): standby, inactive\n');
    expect(dryRun.stdout).toContain(
      'copy 401 rows of monitoring history, also that of nodes that are not registered any more: 7 (100 rows), 9 (100 rows)\n',
    );
    expect(await schemasOf(sandbox)).toEqual([{ name: 'repmgr' }]);

    const imported = await importInto(sandbox, 'Main "1"');
    expect(imported.exitCode).toBe(0);
    expect(imported.stderr).toMatch(
      /^NOTICE: cluster "Main "1"" was imported from repmgr 5: 4 nodes, 2 events, 401 rows of monitoring history\nHINT: /,
    );
    const schema = '"repmgr_Main ""1"""';
    const common = { cluster: 'Main "1"', slot_name: 'repmgr_slot_', active: true };
    const rows = await sandbox.query(
      1,
      `SELECT id, type, upstream_node_id, cluster, name, conninfo, left(slot_name, 12) AS slot_name, priority, active
       FROM ${schema}.repl_nodes ORDER BY id`,
    );
    const elsewhere = (id: number) => `host=node${id} user=repmgr dbname=repmgr`;
    expect(rows).toEqual([
      { ...common, id: 1, type: 'master', upstream_node_id: null, name: 'node1', conninfo, priority: 100 },
      {
        ...common,
        id: 2,
        type: 'standby',
        upstream_node_id: 3,
        name: "it's",
        conninfo: elsewhere(2),
        priority: 100,
        active: false,
      },
      {
        ...common,
        id: 3,
        type: 'standby',
        upstream_node_id: 1,
        name: 'node3',
        conninfo: elsewhere(3),
        priority: 0,
      },
      {
        ...common,
        id: 4,
        type: 'witness',
        upstream_node_id: null,
        slot_name: null,
        name: 'node4',
        conninfo: elsewhere(4),
        priority: 100,
      },
    ]);
    const events = await sandbox.query(
      1,
      `SELECT node_id, event, successful, details FROM ${schema}.repl_events`,
    );
    expect(events).toEqual([
      { node_id: 1, event: 'cluster_created', successful: true, details: null },
      { node_id: 9, event: 'standby_failure', successful: false, details: 'gone' },
      {
        node_id: 1,
        event: 'cluster_created',
        successful: true,
        details: 'imported from repmgr 5: 4 nodes, 2 events, 401 rows of monitoring history',
      },
    ]);
    expect(
      await sandbox.query(
        1,
        `SELECT standby_node, count(*)::integer AS rows, min(last_wal_standby_location) AS location, max(apply_lag) AS lag
         FROM ${schema}.repl_monitor GROUP BY 1 ORDER BY 1`,
      ),
    ).toEqual([
      { standby_node: 3, rows: 200, location: '0/2000060', lag: '8192' },
      { standby_node: 4, rows: 1, location: null, lag: '0' },
      { standby_node: 7, rows: 100, location: '0/2000060', lag: '8192' },
      { standby_node: 9, rows: 100, location: '0/2000060', lag: '8192' },
    ]);
    // The view joins the nodes, so what is left of others is not in it.
    const status = await sandbox.query(
      1,
      `SELECT DISTINCT standby_node FROM ${schema}.repl_status ORDER BY 1`,
    );
    expect(status).toEqual([{ standby_node: 3 }, { standby_node: 4 }]);

    // Nothing more to do: repmgrd and registration find the schema complete.
    const [identifier] = await sandbox.query(
      1,
      `SELECT system_identifier = (SELECT system_identifier::text FROM pg_control_system()) AS same,
            length(secret) AS secret FROM ${schema}.repmgr_cluster`,
    );
    expect(identifier).toEqual({ same: true, secret: 64 });
    const own = await withSettings(sandbox, 1, { cluster: 'Main "1"' });
    expect(await sandbox.repmgr(1, [...own, 'primary', 'register', '--force'])).toMatchObject({
      exitCode: 0,
    });
  },
);

it('does not run twice, and tells what is there', async () => {
  const sandbox = await primary();
  await addRepmgr5Node(sandbox, 1, 'primary', { conninfo: sandbox.node(1).conninfo });
  expect(await importInto(sandbox, 'main')).toMatchObject({ exitCode: 0 });
  const before = await describeSchema(sandbox, 1, 'repmgr_main');
  for (const args of [[], ['--dry-run']]) {
    const again = await importInto(sandbox, 'main', ...args);
    expect(again).toMatchObject({ exitCode: 1, stdout: '' });
    expect(again.stderr).toMatch(
      /^ERROR: cluster "main" has metadata of its own already\nDETAIL: Schema "repmgr_main" has "node1" \(ID: 1\)\.\nHINT: .*cluster show.*--config-only/,
    );
  }
  expect(await describeSchema(sandbox, 1, 'repmgr_main')).toEqual(before);
  expect(await sandbox.query(1, `SELECT count(*)::integer AS rows FROM repmgr_main.repl_nodes`)).toEqual([
    { rows: 1 },
  ]);
  const file = await importInto(sandbox, 'main', '--config-only');
  expect(file).toMatchObject({ exitCode: 0, stderr: '' });
  expect(file.stdout).toContain('cluster=main\nnode=1\n');
  // Two at the same moment: one of them wins.
  const results = await Promise.all([importInto(sandbox, 'race'), importInto(sandbox, 'race')]);
  expect(results.map(({ exitCode }) => exitCode).toSorted((a, b) => a - b)).toEqual([0, 1]);
});

it('rows that do not fit are listed, all of them, and nothing is changed', async () => {
  const sandbox = await primary();
  await addRepmgr5Node(sandbox, 1, 'primary');
  await addRepmgr5Node(sandbox, 2, 'primary', { conninfo: 'host' });
  await addRepmgr5Node(sandbox, 3, 'bdr', { name: '' });
  await addRepmgr5Node(sandbox, 0, 'standby', { name: 'node1' });
  const result = await importInto(sandbox, 'main');
  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr).toMatch(/^ERROR: rows of repmgr\.nodes cannot be taken over; nothing was changed\n/);
  expect(result.stderr.match(/^DETAIL: .*/gm)).toEqual([
    'DETAIL: node 0: its id is not a whole number from 1 on, node 1 has the same name',
    'DETAIL: node 1: node 0 has the same name, node 2 is an active primary too',
    'DETAIL: node 2: node 1 is an active primary too, its conninfo cannot be understood',
    'DETAIL: node 3: nodes of type "bdr" do not exist here, it has no name',
  ]);
  expect(result.stderr).toMatch(/^HINT: /m);
  expect(await schemasOf(sandbox)).toEqual([{ name: 'repmgr' }]);

  await sandbox.query(1, 'DELETE FROM repmgr.nodes');
  expect((await importInto(sandbox, 'main')).stderr).toContain('DETAIL: there is no row at all\n');
});

it('refuses without metadata of repmgr 5, without being told what to import, and with a schema of something else', async () => {
  const sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
  expect(await importInto(sandbox, 'main')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /^ERROR: there are no metadata of repmgr 4 or 5 in this database\nDETAIL: Database "repmgr".*\nHINT: /,
    ),
  });
  expect(await sandbox.repmgr(1, ['cluster', 'import'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^ERROR: .*\nDETAIL: .*\nHINT: Add --from-repmgr5\.\n/),
  });
  await makeRepmgr5Schema(sandbox);
  await addRepmgr5Node(sandbox, 1, 'primary');
  await sandbox.query(1, 'CREATE SCHEMA repmgr_main; CREATE TABLE repmgr_main.repl_nodes (id integer)');
  expect(await importInto(sandbox, 'main')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('does not hold metadata of repmgr 3'),
  });
  await sandbox.query(1, 'ALTER TABLE repmgr.nodes RENAME COLUMN type TO kind');
  expect(await importInto(sandbox, 'other')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /^ERROR: schema "repmgr" does not hold metadata of repmgr 4 or 5\nDETAIL: It lacks nodes\.type\.\nHINT: /,
    ),
  });
  const upgrade = await sandbox.repmgr(1, ['--cluster=main', 'cluster', 'upgrade-schema']);
  expect(upgrade).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /^ERROR: schema "repmgr_main" holds metadata of neither repmgr 2 nor repmgr 3\nDETAIL: .*\nHINT: Correct "cluster"/,
    ),
  });
});

it('a file with includes becomes one file, which repmgr reads without a server', async () => {
  const sandbox = await sandboxForTest({ nodes: 1, build: 'none' });
  await putFile(sandbox, 'timing.conf', "reconnect_attempts=3\nlog_file=''\n");
  const file = await putFile(
    sandbox,
    'five.conf',
    "node_id=1\nnode_name='node1'\nconninfo='host=node1 password=geheim'\ninclude 'timing.conf'\nrepmgr_bindir='/opt'\n",
  );
  const call = ['-f', file, '--cluster=main', 'cluster', 'import', '--from-repmgr5', '--config-only'];
  const plain = await sandbox.repmgr(1, call);
  expect(plain.exitCode).toBe(0);
  expect(plain.stdout).toBe(
    [
      '# Made from a repmgr.conf of repmgr 5.',
      'cluster=main',
      'node=1',
      'node_name=node1',
      "conninfo='host=node1 password=***'",
      'reconnect_attempts=3',
      '# repmgr_bindir names the programs of repmgr 5',
      '#repmgr_bindir=/opt',
      '',
    ].join('\n'),
  );
  expect(plain.stderr).toContain('WARNING: repmgr_bindir names the programs of repmgr 5\n');
  expect(plain.stderr).toContain('WARNING: passwords are not printed; with --output=FILE they are written');
  expect(plain.stderr).not.toContain('geheim');
  const { stdout } = await sandbox.repmgr(1, [...call, '--json']);
  expect(JSON.parse(stdout)).toEqual({
    steps: [],
    configuration: plain.stdout,
    warnings: ['repmgr_bindir names the programs of repmgr 5', expect.stringContaining('passwords')],
  });

  const output = join(sandbox.directory, 'new.conf');
  const written = await sandbox.repmgr(1, [...call, `--output=${output}`]);
  expect(written).toMatchObject({ exitCode: 0, stdout: '' });
  expect(written.stderr).not.toContain('passwords');
  expect(await readFile(output, 'utf8')).toBe(plain.stdout.replace('***', 'geheim'));
  expect((await stat(output)).mode & 0o777).toBe(0o600);
  const again = await sandbox.repmgr(1, [...call, `--output=${output}`]);
  expect(again).toMatchObject({ exitCode: 1, stdout: '' });
  expect(again.stderr).toMatch(
    /^ERROR: ".*new\.conf" exists already\nDETAIL: Nothing was changed\.\nHINT: .*--force/m,
  );
  expect(await sandbox.repmgr(1, [...call, '--force', `--output=${output}`])).toMatchObject({ exitCode: 0 });
  const nowhere = await sandbox.repmgr(1, [...call, '--output=/no/where']);
  expect(nowhere).toMatchObject({ exitCode: 1 });
  expect(nowhere.stderr).toMatch(/ERROR: cannot write "\/no\/where"\nDETAIL: ENOENT.*\nHINT: /);
});
