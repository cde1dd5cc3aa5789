/** cluster upgrade-schema, on metadata as repmgr 2 left them. */
import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { makeRepmgr2Schema } from '../support/repmgr2-schema.ts';
import { makeRepmgr3Schema } from '../support/repmgr3-schema.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { describeSchema } from '../support/schema-description.ts';

const schema = 'repmgr_sandbox';

async function primary(postgresVersion = 15): Promise<Sandbox> {
  return await sandboxForTest({ nodes: 1, build: 'primary', postgresVersion });
}

async function nodesOf(sandbox: Sandbox) {
  return await sandbox.query(
    1,
    `SELECT id, type, upstream_node_id, cluster, name, conninfo, slot_name, priority, active
       FROM ${schema}.repl_nodes ORDER BY id`,
  );
}

async function upgrade(sandbox: Sandbox, ...args: string[]) {
  return await sandbox.repmgr(1, ['cluster', 'upgrade-schema', ...args]);
}

it.each([10, 15, 18])(
  'becomes metadata of repmgr 3, on PostgreSQL %i: the live primary is the master, the old table stays',
  async (postgresVersion) => {
    const sandbox = await primary(postgresVersion);
    const { conninfo } = sandbox.node(1);
    await makeRepmgr2Schema(sandbox, [
      { id: 1, conninfo, priority: 5 },
      { id: 2 },
      { id: 3, priority: -1 },
      { id: 4, witness: true, priority: -1 },
    ]);
    const before = await describeSchema(sandbox, 1, schema);
    expect((await sandbox.repmgr(1, ['cluster', 'show'])).stderr).toMatch(/type/);
    const refused = await sandbox.repmgr(1, ['primary', 'register']);
    expect(refused.stderr).toContain('repmgr cluster upgrade-schema');

    const dryRun = await upgrade(sandbox, '--dry-run');
    expect(dryRun).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dryRun.stdout).toMatch(/^BEGIN;\n[^]*\nCOMMIT;\n$/);
    expect(dryRun.stdout).toContain(
      `-- keep the table of repmgr 2 as repl_nodes2_0\nALTER TABLE "${schema}"."repl_nodes" RENAME TO "repl_nodes2_0";\n`,
    );
    expect(await describeSchema(sandbox, 1, schema)).toEqual(before);

    const done = await upgrade(sandbox);
    expect(done.exitCode).toBe(0);
    expect(done.stdout).toBe('');
    expect(done.stderr).toMatch(
      /^NOTICE: the metadata of cluster "sandbox" are those of repmgr 3 now\nHINT: .*primary register --force/,
    );
    expect(done.stderr).toContain('WARNING: node "node3" (ID: 3) had priority -1 and can be promoted now');
    expect(done.stderr).not.toContain('node4');
    const common = { upstream_node_id: null, cluster: 'sandbox', slot_name: null, active: true };
    expect(await nodesOf(sandbox)).toEqual([
      { id: 1, type: 'master', name: 'node1', conninfo, priority: 105, ...common },
      {
        id: 2,
        type: 'standby',
        name: 'node2',
        conninfo: 'host=node2 dbname=repmgr user=repmgr',
        priority: 100,
        ...common,
      },
      {
        id: 3,
        type: 'standby',
        name: 'node3',
        conninfo: 'host=node3 dbname=repmgr user=repmgr',
        priority: 99,
        ...common,
      },
      {
        id: 4,
        type: 'witness',
        name: 'node4',
        conninfo: 'host=node4 dbname=repmgr user=repmgr',
        priority: 99,
        ...common,
      },
    ]);
    expect(
      await sandbox.query(1, `SELECT id, priority, witness FROM ${schema}.repl_nodes2_0 ORDER BY id`),
    ).toEqual([
      { id: 1, priority: 5, witness: false },
      { id: 2, priority: 0, witness: false },
      { id: 3, priority: -1, witness: false },
      { id: 4, priority: -1, witness: true },
    ]);
    expect(await sandbox.query(1, `SELECT count(*)::integer AS rows FROM ${schema}.repl_monitor`)).toEqual([
      { rows: 50 },
    ]);
    expect(
      await sandbox.query(1, `SELECT standby_node, node_type, replication_lag FROM ${schema}.repl_status`),
    ).toEqual([{ standby_node: 2, node_type: 'standby', replication_lag: '16 MB' }]);

    const upgraded = await describeSchema(sandbox, 1, schema);
    expect(await upgrade(sandbox)).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringContaining('those of repmgr 3, which work as they stand'),
    });
    expect(await describeSchema(sandbox, 1, schema)).toEqual(upgraded);
    expect(await sandbox.repmgr(1, ['primary', 'register', '--force'])).toMatchObject({ exitCode: 0 });
    const shown = await sandbox.repmgr(1, ['cluster', 'show', '--csv']);
    expect(shown).toMatchObject({ exitCode: 0, stdout: '1,0\n2,-1\n3,-1\n4,-1\n' });
    expect((await upgrade(sandbox)).stderr).toBe(
      'NOTICE: the metadata of cluster "sandbox" are up to date\n',
    );
  },
);

it('the SQL of --dry-run, run by hand, does the same', async () => {
  const sandbox = await primary();
  const rows = [{ id: 1 }, { id: 2, name: "it's" }, { id: 3, witness: true }];
  await makeRepmgr2Schema(sandbox, rows);
  const { stdout: script } = await upgrade(sandbox, '--dry-run');
  const { steps } = JSON.parse((await upgrade(sandbox, '--dry-run', '--json')).stdout) as {
    steps: { words: string; sql: string }[];
  };
  for (const { words, sql } of steps) expect(script).toContain(`-- ${words}\n${sql};\n`);
  expect(await upgrade(sandbox)).toMatchObject({ exitCode: 0 });
  const byCommand = { nodes: await nodesOf(sandbox), schema: await describeSchema(sandbox, 1, schema) };

  await sandbox.query(1, `DROP SCHEMA ${schema} CASCADE`);
  await makeRepmgr2Schema(sandbox, rows);
  await sandbox.query(1, script);
  expect({ nodes: await nodesOf(sandbox), schema: await describeSchema(sandbox, 1, schema) }).toEqual(
    byCommand,
  );
});

it('rows that do not fit are listed, all of them, and nothing is changed', async () => {
  const sandbox = await primary();
  await makeRepmgr2Schema(sandbox, [
    { id: 1 },
    { id: 2, name: null, conninfo: null },
    { id: 3, name: 'twin', priority: null },
    { id: 4, name: 'twin', conninfo: 'host = = node4' },
    { id: 5, cluster: 'other', witness: null },
    { id: 0, priority: 2_147_483_600 },
  ]);
  const before = await describeSchema(sandbox, 1, schema);
  for (const args of [[], ['--dry-run']]) {
    expect(await upgrade(sandbox, ...args)).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: [
        'ERROR: 5 rows of repl_nodes cannot be taken over; nothing was changed',
        'DETAIL: node 0: its id is not a whole number from 1 on, its priority is too high',
        'DETAIL: node 2: it has no name, it has no conninfo',
        'DETAIL: node 3: node 4 has the same name, it has no priority',
        'DETAIL: node 4: node 3 has the same name, its conninfo cannot be understood',
        'DETAIL: node 5: it belongs to cluster "other", nothing says whether it is a witness',
        `HINT: Correct the rows: UPDATE "${schema}"."repl_nodes" SET ... WHERE id = ...; or delete those of nodes that are gone.`,
        '',
      ].join('\n'),
    });
  }
  expect(await describeSchema(sandbox, 1, schema)).toEqual(before);
});

it('refuses without the row of the primary, after a half-done upgrade, without metadata', async () => {
  const sandbox = await primary();
  expect(await upgrade(sandbox)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^ERROR: schema "repmgr_sandbox" does not exist\nDETAIL: .*\nHINT: /),
  });
  await makeRepmgr2Schema(sandbox, [{ id: 2 }, { id: 3 }]);
  expect(await upgrade(sandbox)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /^ERROR: node 1 is not among the nodes .*\nDETAIL: .*"node2" \(ID: 2\), "node3" \(ID: 3\)\.\nHINT: /,
    ),
  });
  await sandbox.query(1, `UPDATE ${schema}.repl_nodes SET id = 1, witness = true WHERE id = 2`);
  expect((await upgrade(sandbox)).stderr).toMatch(/^ERROR: node 1 is a witness/);
  await sandbox.query(1, `UPDATE ${schema}.repl_nodes SET witness = false`);
  await sandbox.query(1, `CREATE TABLE ${schema}.repl_nodes2_0 ()`);
  expect(await upgrade(sandbox)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /^ERROR: table repl_nodes2_0 is in schema .*\nDETAIL: .*\nHINT: .*DROP TABLE "repmgr_sandbox"."repl_nodes2_0";/,
    ),
  });

  // A view that somebody made on that of repmgr 2: the statement fails, and with it everything.
  await sandbox.query(1, `DROP TABLE ${schema}.repl_nodes2_0`);
  await sandbox.query(1, `CREATE VIEW public.ours AS SELECT * FROM ${schema}.repl_status`);
  const before = await describeSchema(sandbox, 1, schema);
  expect(await upgrade(sandbox)).toMatchObject({ exitCode: 7, stderr: expect.stringContaining('ours') });
  expect(await describeSchema(sandbox, 1, schema)).toEqual(before);
});

it('refuses on a standby; says where PostgreSQL still loads the library of repmgr 3', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  await sandbox.query(1, `DROP SCHEMA ${schema} CASCADE`);
  await makeRepmgr2Schema(sandbox, [{ id: 1 }, { id: 2 }]);
  const columns = `SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('${schema}.repl_nodes') AND attname = 'witness'`;
  const arrived = await waitUntil(
    async () => ((await sandbox.query(2, columns)).length > 0 ? true : undefined),
    { deadlineMs: 20_000 },
  );
  expect(arrived).toBe(true);
  expect(await sandbox.repmgr(2, ['cluster', 'upgrade-schema'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /^ERROR: the metadata can be upgraded on the primary only\nDETAIL: .*\nHINT: /,
    ),
  });

  // Any library under that name will do.
  const [{ directory } = { directory: '' }] = await sandbox.query<{ directory: string }>(
    1,
    `SELECT setting AS directory FROM pg_config WHERE name = 'PKGLIBDIR'`,
  );
  const library = join(sandbox.directory, 'repmgr_funcs.so');
  await copyFile(join(directory, 'auto_explain.so'), library);
  await chmod(library, 0o755);
  await sandbox.query(1, `ALTER SYSTEM SET dynamic_library_path = '${sandbox.directory}'`);
  await sandbox.query(1, `ALTER SYSTEM SET shared_preload_libraries = 'repmgr_funcs'`);
  await sandbox.stop(1);
  await sandbox.start(1);
  expect(await upgrade(sandbox)).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^WARNING: .*library repmgr_funcs.*\nHINT: .*shared_preload_libraries/m),
  });
});

it.each(['3.0', '3.1', '3.3'] as const)('metadata of repmgr %s are left as they are', async (version) => {
  const sandbox = await primary();
  await makeRepmgr3Schema(sandbox, version, [1]);
  const before = await describeSchema(sandbox, 1, schema);
  expect(await upgrade(sandbox)).toMatchObject({
    exitCode: 0,
    stdout: '',
    stderr: expect.stringMatching(/^NOTICE: .*work as they stand\nHINT: .*primary register --force/),
  });
  expect(await upgrade(sandbox, '--json')).toMatchObject({ exitCode: 0, stdout: '{\n  "steps": []\n}\n' });
  expect(await describeSchema(sandbox, 1, schema)).toEqual(before);
});
