/** Metadata that repmgr 3 made, on the primary and on the witness, serve as they stand. */
import { expect, it } from 'vitest';
import { makeRepmgr3Schema } from '../support/repmgr3-schema.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

it('a witness of repmgr 3 is registered again, and the history is cleaned up', async () => {
  const [cluster, witness] = await Promise.all([
    sandboxForTest({ nodes: 1, build: 'primary' }),
    sandboxForTest({ nodes: 1, build: 'primary' }),
  ]);
  await makeRepmgr3Schema(cluster, '3.0', [1]);
  await makeRepmgr3Schema(witness, '3.0', [1]);
  await cluster.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET conninfo = $1', [cluster.node(1).conninfo]);
  const file = await withSettings(witness, 1, { node: '3', node_name: 'arbiter' });
  const reach = ['-h', '127.0.0.1', '-p', String(cluster.node(1).port)];
  const register = (...args: string[]) =>
    witness.repmgr(1, [...file, ...reach, 'witness', 'register', ...args]);

  const refused = await register();
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(/^ERROR: schema "repmgr_sandbox" exists on the witness already\n/);
  expect(await register('--force')).toMatchObject({ exitCode: 0 });
  const all = 'SELECT * FROM repmgr_sandbox.repl_nodes ORDER BY id';
  expect(await witness.query(1, all)).toEqual(await cluster.query(1, all));
  expect(await witness.query(1, all)).toMatchObject([{ type: 'master' }, { id: 3, type: 'witness' }]);
  // The tables of ours come to the primary by "primary register --force" only.
  expect(await cluster.query(1, "SELECT 1 FROM pg_class WHERE relname = 'repmgr_node'")).toEqual([]);

  await cluster.query(
    1,
    `INSERT INTO repmgr_sandbox.repl_monitor
     SELECT 1, 3, now() - n * interval '1 day', NULL, '0/1', NULL, 0, 0 FROM generate_series(1, 9) AS n`,
  );
  expect(await witness.repmgr(1, [...file, 'cluster', 'cleanup'])).toMatchObject({
    exitCode: 0,
    stderr: 'NOTICE: 8 rows of monitoring history were deleted\n',
  });
  expect(await witness.repmgr(1, [...file, 'witness', 'unregister'])).toMatchObject({ exitCode: 0 });
  expect(await cluster.query(1, all)).toMatchObject([{ id: 1 }]);
  expect(await witness.query(1, all)).toMatchObject([{ id: 1 }]);
});
