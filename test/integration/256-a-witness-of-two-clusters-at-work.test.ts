/** One PostgreSQL is the witness of two clusters, with a repmgrd for each, which keep its copies in step. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { findFreePorts } from '../../src/system/free-ports.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

describe('a witness of two clusters', () => {
  let cluster: Sandbox;
  let other: Sandbox;
  let file: readonly string[] = [];
  const repmgrConf = { witness_repl_nodes_sync_interval_secs: '1' };
  beforeAll(async () => {
    [cluster, other] = await Promise.all([
      sandboxForTest({ nodes: 2, build: 'primary', repmgrConf }),
      sandboxForTest({ nodes: 1, build: 'primary', clusterName: 'other' }),
    ]);
    const run = async (sandbox: Sandbox, id: number, ...args: string[]): Promise<void> => {
      const result = await sandbox.repmgr(id, args);
      expect(result, args.join(' ')).toMatchObject({ exitCode: 0 });
    };
    const reach = (sandbox: Sandbox) => ['-h', '127.0.0.1', '-p', String(sandbox.node(1).port)];
    const [port = 0] = await findFreePorts(1, '127.0.0.1');
    await Promise.all([run(cluster, 1, 'primary', 'register'), run(other, 1, 'primary', 'register')]);
    await run(cluster, 2, ...reach(cluster), '-D', cluster.node(2).dataDirectory, 'witness', 'create');
    file = await withSettings(cluster, 2, {
      ...{ cluster: 'other', node: '9', node_name: 'arbiter' },
      api_listen: `127.0.0.1:${port}`,
    });
    await run(cluster, 2, ...file, ...reach(other), 'witness', 'register');
    await Promise.all([cluster.startRepmgrd(2), run(cluster, 2, ...file, 'daemon', 'start')]);
  });
  afterAll(async () => {
    await cluster.repmgr(2, [...file, 'daemon', 'stop']);
  });

  const priorities = async (schema: string) =>
    (await cluster.query(2, `SELECT priority FROM ${schema}.repl_nodes ORDER BY id`)).map(
      ({ priority }) => priority,
    );
  const change = async (sandbox: Sandbox, schema: string, priority: number): Promise<void> => {
    await sandbox.query(1, `UPDATE ${schema}.repl_nodes SET priority = $1`, [priority]);
  };
  const awaitCopy = async (schema: string, priority: number): Promise<void> => {
    const isCopied = await waitUntil(
      async () => ((await priorities(schema)).every((it) => it === priority) ? true : undefined),
      { deadlineMs: 15_000, intervalMs: 100 },
    );
    expect(isCopied, `${schema}: ${JSON.stringify(await priorities(schema))}`).toBe(true);
  };

  it('copies the rows of each every witness_repl_nodes_sync_interval_secs, each into its schema', async () => {
    await Promise.all([change(cluster, 'repmgr_sandbox', 41), change(other, 'repmgr_other', 42)]);
    await Promise.all([awaitCopy('repmgr_sandbox', 41), awaitCopy('repmgr_other', 42)]);
    expect(await priorities('repmgr_sandbox')).toHaveLength(2);
    expect(await priorities('repmgr_other')).toHaveLength(2);
  });

  it('has all of a copy or nothing: one that fails leaves the former one, and does not hinder the other', async () => {
    await cluster.query(
      2,
      `CREATE SEQUENCE repmgr_other.refusals;
       CREATE FUNCTION repmgr_other.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
           IF NEW.id = 9 AND NEW.priority = 43 THEN
             -- What a sequence gave stays given when all else is undone.
             PERFORM nextval('repmgr_other.refusals');
             RAISE 'not today';
           END IF;
           RETURN NEW;
         END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON repmgr_other.repl_nodes
         FOR EACH ROW EXECUTE PROCEDURE repmgr_other.refuse()`,
    );
    await change(other, 'repmgr_other', 43);
    const isRefused = await waitUntil(
      async () => {
        const [refusals] = await cluster.query(2, 'SELECT is_called FROM repmgr_other.refusals');
        return refusals?.['is_called'] === true ? true : undefined;
      },
      { deadlineMs: 15_000, intervalMs: 100 },
    );
    expect(isRefused).toBe(true);
    expect(await priorities('repmgr_other')).toEqual([42, 42]);
    await change(cluster, 'repmgr_sandbox', 44);
    await awaitCopy('repmgr_sandbox', 44);
    await cluster.query(2, 'DROP TRIGGER refuse ON repmgr_other.repl_nodes');
    await awaitCopy('repmgr_other', 43);
  });

  it('is shown by each of its repmgrds as a node of its own cluster', async () => {
    const own = await cluster.repmgr(2, ['daemon', 'status', '--csv']);
    expect(own.stdout).toMatch(/^2,node2,witness,1,1,/m);
    const others = await cluster.repmgr(2, [...file, 'daemon', 'status', '--csv']);
    expect(others.stdout).toMatch(/^9,arbiter,witness,1,1,/m);
    expect(others.stdout).toMatch(/^1,node1,primary,1,0,/m);
  });
});
