/** The first command of a cluster: what it writes, what it refuses, and that it never leaves half of it. */
import { describe, expect, it } from 'vitest';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

const primary = { nodes: 1, build: 'primary' } as const;

describe('primary register', () => {
  it('says with --dry-run what it will do, does it, refuses to do it twice, and does it again with --force', async () => {
    const sandbox = await sandboxForTest(primary);
    const { conninfo, apiPort } = sandbox.node(1);
    const nodes = () => sandbox.query(1, 'SELECT * FROM repmgr_sandbox.repl_nodes');

    const dryRun = await sandbox.repmgr(1, ['primary', 'register', '--dry-run']);
    expect(dryRun).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dryRun.stdout).toBe(
      [
        'create schema "repmgr_sandbox"',
        'create the tables and views of repmgr 3 where they are missing',
        'create the tables repmgr_cluster and repmgr_node',
        'replace the view repl_status if it needs a C library that is not there',
        'add the columns next_secret, former_secret and secret_version to repmgr_cluster',
        `register node "node1" (ID: 1) as the primary, its repmgrd at 127.0.0.1:${apiPort}`,
        '',
      ].join('\n'),
    );
    const json = await sandbox.repmgr(1, ['master', 'register', '--dry-run', '--json']);
    expect(JSON.parse(json.stdout)).toEqual({ steps: dryRun.stdout.trim().split('\n') });
    expect(await sandbox.query(1, "SELECT 1 FROM pg_namespace WHERE nspname LIKE 'repmgr%'")).toEqual([]);

    const first = await sandbox.repmgr(1, ['master', 'register']);
    expect(first).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: `NOTICE: primary node registered for cluster "sandbox": ID 1, conninfo "${conninfo}"\n`,
    });
    const row = {
      id: 1,
      type: 'master',
      upstream_node_id: null,
      cluster: 'sandbox',
      name: 'node1',
      conninfo,
      slot_name: 'repmgr_slot_1',
      priority: 100,
      active: true,
    };
    expect(await nodes()).toEqual([row]);
    expect(
      await sandbox.query(1, 'SELECT node_id, event, successful, details FROM repmgr_sandbox.repl_events'),
    ).toEqual([
      { node_id: 1, event: 'cluster_created', successful: true, details: null },
      { node_id: 1, event: 'master_register', successful: true, details: null },
    ]);
    expect(
      await sandbox.query(1, 'SELECT node_id, api_address, state FROM repmgr_sandbox.repmgr_node'),
    ).toEqual([{ node_id: 1, api_address: `127.0.0.1:${apiPort}`, state: null }]);
    const [cluster] = await sandbox.query(
      1,
      `SELECT system_identifier = (SELECT system_identifier::text FROM pg_control_system()) AS is_ours,
              term, length(secret) AS secret_length FROM repmgr_sandbox.repmgr_cluster`,
    );
    expect(cluster).toEqual({ is_ours: true, term: '0', secret_length: 64 });

    const second = await sandbox.repmgr(1, ['primary', 'register']);
    expect(second).toMatchObject({
      exitCode: 1,
      stderr: [
        'ERROR: node 1 is already registered',
        `DETAIL: It is primary "node1", conninfo "${conninfo}".`,
        'HINT: Add --force to overwrite this row, or set another "node" in repmgr.conf.',
        '',
      ].join('\n'),
    });

    const [secret] = await sandbox.query(1, 'SELECT secret FROM repmgr_sandbox.repmgr_cluster');
    const changed = await withSettings(sandbox, 1, {
      node_name: `It's "node" \\ 1`,
      priority: '7',
      use_replication_slots: '0',
      conninfo: `${conninfo} application_name='a \\'quoted\\' \\\\name'`,
      api_advertise: 'node1.example:4444',
    });
    await sandbox.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET active = false');
    expect(await sandbox.repmgr(1, [...changed, 'primary', 'register', '-F'])).toMatchObject({ exitCode: 0 });
    expect(await nodes()).toEqual([
      {
        ...row,
        name: `It's "node" \\ 1`,
        conninfo: `${conninfo} application_name='a \\'quoted\\' \\\\name'`,
        slot_name: null,
        priority: 7,
      },
    ]);
    expect(await sandbox.query(1, 'SELECT node_id, api_address FROM repmgr_sandbox.repmgr_node')).toEqual([
      { node_id: 1, api_address: 'node1.example:4444' },
    ]);
    expect(await sandbox.query(1, 'SELECT secret FROM repmgr_sandbox.repmgr_cluster')).toEqual([secret]);
  });

  it('keeps every cluster name as it is written, up to the 56 bytes that PostgreSQL has room for', async () => {
    const sandbox = await sandboxForTest(primary);
    const names = ['Test', 'My cluster', `it's "quoted" \\ %s $(x)`, 'ä'.repeat(28), 'test'];
    for (const cluster of names) {
      const file = await withSettings(sandbox, 1, { cluster });
      const { exitCode, stderr } = await sandbox.repmgr(1, [...file, 'primary', 'register']);
      expect({ exitCode, stderr }, cluster).toMatchObject({ exitCode: 0 });
      expect((await sandbox.repmgr(1, [...file, 'cluster', 'show', '--csv'])).stdout).toBe('1,0\n');
    }
    const schemas = await sandbox.query<{ name: string }>(
      1,
      "SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'repmgr\\_%' ORDER BY oid",
    );
    expect(schemas.map(({ name }) => name)).toEqual(names.map((name) => `repmgr_${name}`));

    const tooLong = await withSettings(sandbox, 1, { cluster: 'x'.repeat(57) });
    const refused = await sandbox.repmgr(1, [...tooLong, 'primary', 'register']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/cluster.*56/);
    const longName = await withSettings(sandbox, 1, { node_name: 'n'.repeat(64) });
    expect((await sandbox.repmgr(1, [...longName, 'primary', 'register'])).stderr).toMatch(/node_name.*63/);
  });

  it('needs no superuser: CREATE on the database is enough, and without it nothing is made', async () => {
    const sandbox = await sandboxForTest(primary);
    await sandbox.query(1, 'CREATE ROLE plain LOGIN');
    const { host, port } = sandbox.node(1);
    const file = await withSettings(sandbox, 1, {
      conninfo: `host=${host} port=${port} user=plain dbname=repmgr`,
    });
    const register = () => sandbox.repmgr(1, [...file, 'primary', 'register']);

    const refused = await register();
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(
      'ERROR: the metadata in schema "repmgr_sandbox" could not be made; nothing was changed\n' +
        `DETAIL: PostgreSQL at "${host}:${port}" refused a statement: permission denied for database repmgr: SQLSTATE 42501`,
    );
    expect(refused.stderr).toContain(
      'HINT: As a superuser: GRANT CREATE ON DATABASE "repmgr" TO "plain"; a schema that exists must belong to "plain".',
    );
    expect(await sandbox.query(1, "SELECT 1 FROM pg_namespace WHERE nspname LIKE 'repmgr%'")).toEqual([]);

    await sandbox.query(1, 'GRANT CREATE ON DATABASE repmgr TO plain');
    expect(await register()).toMatchObject({ exitCode: 0 });
    // Once the schema is there, the right to make one is not needed any more.
    await sandbox.query(1, 'REVOKE CREATE ON DATABASE repmgr FROM plain');
    expect(await sandbox.repmgr(1, [...file, 'primary', 'register', '--force'])).toMatchObject({
      exitCode: 0,
    });
    expect(await sandbox.repmgr(1, [...file, 'cluster', 'show'])).toMatchObject({ exitCode: 0, stderr: '' });
    await expect(
      sandbox.query(1, 'SET ROLE plain; SELECT secret FROM repmgr_sandbox.repmgr_cluster'),
    ).resolves.toHaveLength(1);

    await sandbox.query(
      1,
      'CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA repmgr_sandbox TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA repmgr_sandbox TO reader; REVOKE SELECT ON repmgr_sandbox.repmgr_cluster FROM reader',
    );
    const read = (column: string) =>
      sandbox.query(1, `SET ROLE reader; SELECT ${column} FROM repmgr_sandbox.repmgr_cluster`);
    await expect(read('term, record, system_identifier')).resolves.toHaveLength(1);
    await expect(read('secret')).rejects.toThrow('permission denied');
  });

  it('does not wait for a synchronous standby that is gone, and writes nothing where sessions are read-only', async () => {
    const sandbox = await sandboxForTest({
      ...primary,
      postgresqlConf: { synchronous_standby_names: 'nobody', synchronous_commit: 'remote_apply' },
    });
    const startedAtMs = performance.now();
    expect(await sandbox.repmgr(1, ['primary', 'register'])).toMatchObject({ exitCode: 0 });
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    const before = await sandbox.query(1, 'SELECT xmin, * FROM repmgr_sandbox.repl_nodes');

    await sandbox.query(1, 'ALTER ROLE repmgr SET default_transaction_read_only = on');
    const refused = await sandbox.repmgr(1, ['primary', 'register', '--force']);
    expect(refused.exitCode).toBe(7);
    expect(refused.stderr).toMatch(/^ERROR: .* in a read-only transaction\nDETAIL: SQLSTATE 25006/);
    expect(refused.stderr).toMatch(/HINT: .*SHOW default_transaction_read_only/);
    expect(await sandbox.query(1, 'SELECT xmin, * FROM repmgr_sandbox.repl_nodes')).toEqual(before);
  });

  it('lets one of several registrations at the same moment win, and tells the others', async () => {
    const sandbox = await sandboxForTest(primary);
    const files = [];
    for (const node of [1, 2, 3, 4]) {
      files.push(await withSettings(sandbox, 1, { node: String(node), node_name: `node${node}` }));
    }
    const results = await Promise.all(
      files.map((file) => sandbox.repmgr(1, [...file, 'primary', 'register'])),
    );
    expect(results.map(({ exitCode }) => exitCode).toSorted((left, right) => left - right)).toEqual([
      0, 1, 1, 1,
    ]);
    for (const { stderr } of results.filter(({ exitCode }) => exitCode === 1)) {
      expect(stderr).toMatch(
        /^ERROR: another node is registered as the active primary\nDETAIL: Node "node\d" \(ID: \d\) has an active row; a cluster has one primary\.\nHINT: If it is gone for good, run "repmgr primary unregister --node-id=\d --force" first\.\n$/,
      );
    }
    expect(await sandbox.query(1, 'SELECT 1 FROM repmgr_sandbox.repl_nodes')).toHaveLength(1);
    expect(await sandbox.query(1, 'SELECT number FROM repmgr_sandbox.repmgr_migrations')).toHaveLength(4);
    expect(await sandbox.query(1, 'SELECT 1 FROM repmgr_sandbox.repmgr_cluster')).toHaveLength(1);
  });

  it('refuses metadata of another cluster, unless --force says that it was moved here', async () => {
    const sandbox = await sandboxForTest(primary);
    await sandbox.repmgr(1, ['primary', 'register']);
    await sandbox.query(1, "UPDATE repmgr_sandbox.repmgr_cluster SET system_identifier = '42'");
    await sandbox.query(1, 'DELETE FROM repmgr_sandbox.repl_nodes');
    const refused = await sandbox.repmgr(1, ['primary', 'register']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /^ERROR: the metadata in this database belongs to another cluster\nDETAIL: The server has system identifier \d+, the metadata were made on 42\.\nHINT: .*--force\.\n$/,
    );
    expect(await sandbox.query(1, 'SELECT 1 FROM repmgr_sandbox.repl_nodes')).toEqual([]);
    expect(await sandbox.repmgr(1, ['primary', 'register', '--force'])).toMatchObject({ exitCode: 0 });
    await expect(
      sandbox.query(1, "SELECT 1 FROM repmgr_sandbox.repmgr_cluster WHERE system_identifier = '42'"),
    ).resolves.toEqual([]);
  });

  it('ends with 6 without a server, and leaves nothing of a schema that could not be finished', async () => {
    const sandbox = await sandboxForTest(primary);
    // Whoever makes a table named like the last one fails, in the middle of the migrations.
    await sandbox.query(
      1,
      `CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$
         BEGIN IF EXISTS (SELECT 1 FROM pg_class WHERE relname = 'repmgr_node') THEN RAISE EXCEPTION 'no more tables'; END IF; END $$;
       CREATE EVENT TRIGGER no_more ON ddl_command_end EXECUTE PROCEDURE refuse()`,
    );
    const broken = await sandbox.repmgr(1, ['primary', 'register']);
    expect(broken.exitCode).toBe(1);
    expect(broken.stderr).toContain('refused a statement: no more tables');
    expect(await sandbox.query(1, "SELECT 1 FROM pg_namespace WHERE nspname LIKE 'repmgr%'")).toEqual([]);

    await sandbox.stop(1);
    const { host, port } = sandbox.node(1);
    expect(await sandbox.repmgr(1, ['primary', 'register'])).toMatchObject({
      exitCode: 6,
      stderr: [
        'ERROR: the local server cannot be reached',
        `DETAIL: could not connect to PostgreSQL at "${host}:${port}": ${host}:${port}: connection refused.`,
        `HINT: Is the server running, and does it listen there (listen_addresses, port)? Check: pg_isready -h ${host} -p ${port}`,
        '',
      ].join('\n'),
    });
  });
});
