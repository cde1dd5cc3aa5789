/** A PostgreSQL that is there becomes the witness of one cluster, or of several, and leaves them again. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

describe('a witness of several clusters', () => {
  let cluster: Sandbox;
  let other: Sandbox;
  let witness: Sandbox;
  let file: readonly string[];
  let otherFile: readonly string[];
  beforeAll(async () => {
    [cluster, other, witness] = await Promise.all([
      sandboxForTest({ nodes: 2 }),
      sandboxForTest({ nodes: 1, clusterName: 'other' }),
      sandboxForTest({ nodes: 1, build: 'primary' }),
    ]);
    const own = { node: '9', node_name: 'arbiter' };
    file = await withSettings(witness, 1, own);
    otherFile = await withSettings(witness, 1, { ...own, cluster: 'other', api_listen: '127.0.0.1:7001' });
  });
  const reach = (sandbox: Sandbox, node = 1) => ['-h', '127.0.0.1', '-p', String(sandbox.node(node).port)];
  const register = (settings: readonly string[], ...args: string[]) =>
    witness.repmgr(1, [...settings, 'witness', 'register', ...args]);
  const rows = (sandbox: Sandbox, schema: string) =>
    sandbox.query(1, `SELECT * FROM "${schema}".repl_nodes ORDER BY id`);

  it('gets the rows of each into a schema of its own', async () => {
    const { conninfo, apiPort } = witness.node(1);
    const dryRun = await register(file, ...reach(cluster), '--dry-run', '--json');
    expect(JSON.parse(dryRun.stdout)).toMatchObject({
      steps: expect.arrayContaining([
        'copy the rows of 2 nodes from the primary to the witness',
        `register node "arbiter" (ID: 9) as a witness, its repmgrd at 127.0.0.1:${apiPort}`,
      ]),
    });
    expect(await witness.query(1, "SELECT 1 FROM pg_namespace WHERE nspname LIKE 'repmgr%'")).toEqual([]);
    expect(await register(file, ...reach(cluster))).toMatchObject({
      exitCode: 0,
      stderr: `NOTICE: witness node registered for cluster "sandbox": ID 9, conninfo "${conninfo}"\n`,
    });
    // repmgr 5's words.
    const words = ['-h', '127.0.0.1', '-p', String(other.node(1).port), '-U', 'repmgr', '-d', 'repmgr'];
    expect(await register(otherFile, ...words, '-F')).toMatchObject({ exitCode: 0 });
    expect(await rows(witness, 'repmgr_sandbox')).toEqual(await rows(cluster, 'repmgr_sandbox'));
    expect(await rows(witness, 'repmgr_other')).toEqual(await rows(other, 'repmgr_other'));
    expect(await rows(witness, 'repmgr_other')).toHaveLength(2);
    expect(
      await cluster.query(
        1,
        "SELECT node_id, successful FROM repmgr_sandbox.repl_events WHERE event = 'witness_register'",
      ),
    ).toEqual([{ node_id: 9, successful: true }]);
    for (const node of [1, 2]) {
      const { stdout, stderr } = await cluster.repmgr(node, ['cluster', 'show', '--compact']);
      expect(stdout).toContain('  witness | arbiter |\n');
      expect(stderr).toBe('');
    }
  });

  it('is registered again with --force, when its node changed or the primary did', async () => {
    const again = await register(file, ...reach(cluster));
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toMatch(/^ERROR: node 9 is already registered\n/);
    const renamed = await withSettings(witness, 1, { node: '9', node_name: 'judge', priority: '0' });
    expect(await register(renamed, ...reach(cluster), '--force')).toMatchObject({ exitCode: 0 });
    expect(await rows(witness, 'repmgr_sandbox')).toEqual(await rows(cluster, 'repmgr_sandbox'));
    expect((await rows(witness, 'repmgr_sandbox'))[2]).toMatchObject({ name: 'judge', priority: 0 });
  });

  it('is none where the server is the primary itself, a standby, or another cluster’s', async () => {
    const refused = async (settings: Record<string, string>, ...args: string[]) => {
      const changed = await withSettings(witness, 1, { node: '8', node_name: 'no', ...settings });
      const result = await register(changed, ...args);
      expect(result.exitCode).toBe(1);
      return result.stderr;
    };
    const { conninfo } = cluster.node(1);
    expect(await refused({ conninfo }, ...reach(cluster))).toMatch(
      /^ERROR: the witness would be the primary itself\nDETAIL: .*\nHINT: Correct "conninfo"/,
    );
    expect(await refused({ conninfo: cluster.node(2).conninfo }, ...reach(cluster))).toMatch(
      /^ERROR: the server of the witness is a standby\n/,
    );
    expect(await refused({}, ...reach(cluster, 2))).toMatch(
      /^ERROR: the server of the connection options is not the primary\n/,
    );
    // The schema of the name is there, with the rows of another cluster.
    await other.query(1, 'ALTER SCHEMA repmgr_other RENAME TO repmgr_sandbox');
    expect(await refused({}, ...reach(other), '--force')).toMatch(
      /^ERROR: schema "repmgr_sandbox" on the witness belongs to another cluster\nDETAIL: .* system identifier \d+; the primary/,
    );
    await other.query(1, 'ALTER SCHEMA repmgr_sandbox RENAME TO repmgr_other');
    expect(await refused({ node: '2' }, ...reach(cluster), '--force')).toMatch(
      /^ERROR: node id 2 is that of a standby\n/,
    );
    expect(await refused({ node_name: 'node2' }, ...reach(cluster))).toMatch(
      /^ERROR: node name "node2" is taken\n/,
    );
    expect(await refused({}, '-h', '')).toMatch(/^ERROR: the host of the primary is not given\n/);
    expect(await rows(cluster, 'repmgr_sandbox')).toHaveLength(3);
    expect(await rows(witness, 'repmgr_sandbox')).toHaveLength(3);
  });

  it('leaves the row nowhere when its copy cannot be written', async () => {
    const schema = 'repmgr_unwritable';
    await cluster.query(1, `ALTER SCHEMA repmgr_sandbox RENAME TO ${schema}`);
    await witness.query(1, 'ALTER ROLE repmgr SET default_transaction_read_only = on');
    const settings = await withSettings(witness, 1, {
      ...{ node: '8', node_name: 'late', cluster: 'unwritable' },
    });
    const result = await register(settings, ...reach(cluster));
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/^ERROR: the metadata in schema "repmgr_unwritable" could not be made/);
    const { node_id: nodeId, details } =
      (
        await cluster.query<{ node_id: number; details: string }>(
          1,
          `SELECT node_id, details FROM ${schema}.repl_events WHERE NOT successful AND event = 'witness_register'
            ORDER BY event_timestamp DESC LIMIT 1`,
        )
      )[0] ?? {};
    expect(nodeId).toBe(8);
    expect(details).toContain('read-only transaction');
    await witness.query(1, 'SET transaction_read_only = off; ALTER ROLE repmgr RESET ALL');
    expect(await rows(cluster, schema)).toHaveLength(3);
    // The witness refuses at the last moment, when the primary has its row already.
    await witness.query(
      1,
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$;
       CREATE SCHEMA ${schema};
       CREATE TABLE ${schema}.repl_nodes (LIKE repmgr_sandbox.repl_nodes INCLUDING ALL);
       CREATE TABLE ${schema}.repl_events (LIKE repmgr_sandbox.repl_events INCLUDING ALL);
       CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON ${schema}.repl_nodes DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE PROCEDURE refuse()`,
    );
    const late = await register(settings, ...reach(cluster), '--force');
    expect(late.exitCode).toBe(7);
    expect(late.stderr).toMatch(/^ERROR: .*refused a statement: not today\n/);
    expect(await rows(cluster, schema)).toHaveLength(3);
    expect(await cluster.query(1, `SELECT 1 FROM ${schema}.repmgr_node WHERE node_id = 8`)).toEqual([]);
    await cluster.query(1, `ALTER SCHEMA ${schema} RENAME TO repmgr_sandbox`);
  });

  it('without PostgreSQL is a row, and a state file that its repmgrd starts from', async () => {
    const none = await withSettings(witness, 1, {
      ...{ node: '7', node_name: 'voter', conninfo: undefined, data_directory: undefined },
      api_listen: '127.0.0.1:7007',
    });
    const result = await register(none, ...reach(cluster), '-U', 'repmgr', '-d', 'repmgr');
    expect(result).toMatchObject({ exitCode: 0 });
    expect((await rows(cluster, 'repmgr_sandbox'))[2]).toMatchObject({
      id: 7,
      type: 'witness',
      conninfo: '',
    });
    const state = await readFile(join(witness.directory, 'state/sandbox-7.json'), 'utf8');
    const { facts, durable } = JSON.parse(state);
    expect(durable).toBeNull();
    expect(facts.nodes.map(({ id }: { id: number }) => id)).toEqual([1, 2, 7, 9]);
    expect(facts.secrets).toEqual(
      (await cluster.query(1, 'SELECT secret FROM repmgr_sandbox.repmgr_cluster')).map(
        ({ secret }) => secret,
      ),
    );
    expect(await cluster.repmgr(1, ['witness', 'unregister', '--node-name=voter'])).toMatchObject({
      exitCode: 0,
    });
  });

  it('leaves: the rows go on the primary and in its copy, whoever is asked', async () => {
    expect(await cluster.repmgr(2, ['standby', 'unregister', '--node=9'])).toMatchObject({ exitCode: 1 });
    const wrong = await cluster.repmgr(1, ['witness', 'unregister', '--node-id=2']);
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toMatch(/is not registered as a witness\nDETAIL: Its row says standby\./);
    expect(await witness.repmgr(1, [...file, 'witness', 'unregister'])).toMatchObject({
      exitCode: 0,
      stderr: 'NOTICE: witness node "judge" (ID: 9) is not registered any more\n',
    });
    expect(await rows(cluster, 'repmgr_sandbox')).toHaveLength(2);
    expect(await rows(witness, 'repmgr_sandbox')).toHaveLength(2);
    expect(
      await cluster.query(
        1,
        "SELECT node_id FROM repmgr_sandbox.repl_events WHERE event = 'witness_unregister' ORDER BY event_timestamp",
      ),
    ).toEqual([{ node_id: 7 }, { node_id: 9 }]);
    // And may come back without further ado.
    expect(await register(file, ...reach(cluster))).toMatchObject({ exitCode: 0 });
  });

  it('that is down leaves by another node, or by the connection options of the primary', async () => {
    await witness.stop(1);
    const down = await witness.repmgr(1, [...file, 'witness', 'unregister']);
    expect(down.exitCode).toBe(6);
    expect(down.stderr).toMatch(/HINT: If the witness is gone, add -h HOST of the primary/);
    const byOptions = await witness.repmgr(1, [
      ...file,
      'witness',
      'unregister',
      '--force',
      ...reach(cluster),
    ]);
    expect(byOptions.exitCode).toBe(0);
    expect(byOptions.stderr).toMatch(/^WARNING: the copy of the metadata on witness "arbiter" still has/);
    expect(await rows(cluster, 'repmgr_sandbox')).toHaveLength(2);
    expect(await other.repmgr(1, ['witness', 'unregister', '--node-name=arbiter'])).toMatchObject({
      exitCode: 0,
    });
    expect(await rows(other, 'repmgr_other')).toHaveLength(1);
  });
});
