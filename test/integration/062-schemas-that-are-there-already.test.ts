/** Schemas that somebody else made: repmgr 3 before us, a newer one of ours, repmgr 2, or something else altogether. */
import { describe, expect, it } from 'vitest';
import { makeRepmgr3Schema } from '../support/repmgr3-schema.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { describeSchema, fullDescription } from '../support/schema-description.ts';

const schema = 'repmgr_sandbox';

describe.each(['3.0', '3.1', '3.3'] as const)('a schema of repmgr %s whose C library is gone', (version) => {
  it('works as it stands, and gets our tables and a view that works from "primary register --force"', async () => {
    const sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
    await makeRepmgr3Schema(sandbox, version, [1]);
    await expect(sandbox.query(1, `SELECT * FROM ${schema}.repl_status`)).rejects.toThrow('repmgr_funcs');
    const before = await describeSchema(sandbox, 1, schema);
    const tablesBefore = before.filter((line) => !line.startsWith('repl_show_nodes'));

    const shown = await sandbox.repmgr(1, ['cluster', 'show']);
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toContain('* master  | node1 |          |');
    const again = await sandbox.repmgr(1, ['primary', 'register']);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toMatch(/already registered/);
    expect(await describeSchema(sandbox, 1, schema)).toEqual(before);

    expect(await sandbox.repmgr(1, ['primary', 'register', '--force'])).toMatchObject({ exitCode: 0 });
    const after = await describeSchema(sandbox, 1, schema);
    const wanted = fullDescription(schema).map((line) =>
      version === '3.3' ? line : line.replace(/(FOREIGN KEY .*) DEFERRABLE/, '$1'),
    );
    expect(after.toSorted()).toEqual(wanted.toSorted());
    expect(after).toEqual(expect.arrayContaining(tablesBefore));
    await sandbox.query(
      1,
      `INSERT INTO ${schema}.repl_monitor VALUES (2, 1, now(), now(), '0/1', '0/1', 0, 0)`,
    );
    expect(await sandbox.query(1, `SELECT standby_name, node_type FROM ${schema}.repl_status`)).toEqual([
      { standby_name: 'node1', node_type: 'master' },
    ]);
    const events = await sandbox.query(1, `SELECT event FROM ${schema}.repl_events`);
    expect(events).toEqual([{ event: 'master_register' }]);
  });
});

it('a view of repmgr 3 that works is left alone', async () => {
  const sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
  await makeRepmgr3Schema(sandbox, '3.3', [1]);
  await sandbox.query(
    1,
    `CREATE OR REPLACE FUNCTION ${schema}.repmgr_get_last_updated() RETURNS timestamptz LANGUAGE internal STRICT AS 'now'`,
  );
  expect(await sandbox.repmgr(1, ['primary', 'register', '--force'])).toMatchObject({ exitCode: 0 });
  const [view] = await sandbox.query<{ text: string }>(
    1,
    `SELECT pg_get_viewdef('${schema}.repl_status'::regclass) AS text`,
  );
  expect(view?.text).toContain('repmgr_get_last_updated');
});

describe('a schema that is refused', () => {
  it('is one that a newer repmgr made, one of repmgr 2, or one that holds something else', async () => {
    const sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
    const refuse = async () => {
      const results = [
        await sandbox.repmgr(1, ['primary', 'register', '--force']),
        await sandbox.repmgr(1, ['primary', 'unregister', '--force']),
      ];
      expect(results.map(({ exitCode }) => exitCode)).toEqual([1, 1]);
      expect(results[0]?.stderr).toBe(results[1]?.stderr);
      return results[0]?.stderr;
    };

    await sandbox.repmgr(1, ['primary', 'register']);
    await sandbox.query(1, `INSERT INTO ${schema}.repmgr_migrations VALUES (99, 'of the future')`);
    const before = await describeSchema(sandbox, 1, schema);
    expect(await refuse()).toBe(
      [
        `ERROR: schema "${schema}" was made by a newer repmgr`,
        'DETAIL: Its last migration has number 99; this program knows numbers up to 4.',
        'HINT: Install the newer repmgr on this node too: "repmgr --version" shows what is installed.',
        '',
      ].join('\n'),
    );
    expect(await describeSchema(sandbox, 1, schema)).toEqual(before);
    // To look does no harm.
    expect(await sandbox.repmgr(1, ['cluster', 'show'])).toMatchObject({ exitCode: 0 });

    const hint =
      'HINT: If repmgr 2 made it, run "repmgr cluster upgrade-schema"; else choose another "cluster" name in repmgr.conf.';
    await sandbox.query(1, `DROP SCHEMA ${schema} CASCADE; CREATE SCHEMA ${schema}`);
    expect(await refuse()).toBe(
      `ERROR: schema "${schema}" does not hold metadata of repmgr 3\nDETAIL: It lacks table repl_nodes.\n${hint}\n`,
    );
    await sandbox.query(
      1,
      `CREATE TABLE ${schema}.repl_nodes (id integer PRIMARY KEY, cluster text NOT NULL, name text NOT NULL,
         conninfo text NOT NULL, priority integer NOT NULL, witness boolean NOT NULL DEFAULT false)`,
    );
    expect(await refuse()).toBe(
      `ERROR: schema "${schema}" does not hold metadata of repmgr 3\n` +
        'DETAIL: It lacks column repl_nodes.type, column repl_nodes.upstream_node_id, column repl_nodes.active, table repl_events.\n' +
        `${hint}\n`,
    );
    expect(await sandbox.query(1, `SELECT 1 FROM pg_class WHERE relname LIKE 'repmgr\\_%'`)).toEqual([]);
  });
});
