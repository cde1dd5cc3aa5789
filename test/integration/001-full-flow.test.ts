/**
 * The story of the README on every major version that can be had here: register, clone, register, show, promote,
 * follow. Each step is a command line as an administrator types it.
 */
import { describe, expect, it } from 'vitest';
import { sandboxForTest } from '../support/sandbox.ts';

const majorVersions = [10, 13, 15, 16, 17, 18];

describe.each(majorVersions)('on PostgreSQL %i', (postgresVersion) => {
  it('goes from a bare primary to a promoted standby that the other one follows', async () => {
    const sandbox = await sandboxForTest({ nodes: 3, postgresVersion, build: 'primary' });

    const run = async (node: number, ...args: string[]) => {
      const result = await sandbox.repmgr(node, args);
      expect(result, `repmgr ${args.join(' ')}\n${result.stderr}`).toMatchObject({ exitCode: 0 });
      return result;
    };

    await run(1, 'primary', 'register');
    await sandbox.query(1, 'CREATE TABLE ledger (id integer PRIMARY KEY)');
    await sandbox.query(1, 'INSERT INTO ledger SELECT generate_series(1, 1000)');

    for (const standby of [2, 3]) {
      const { port } = sandbox.node(1);
      await run(
        standby,
        ...['-h', '127.0.0.1', '-p', String(port), '-U', 'repmgr', '-d', 'repmgr'],
        ...['standby', 'clone', '--backup-method=protocol', '-c'],
        ...['-D', sandbox.node(standby).dataDirectory],
      );
      await sandbox.start(standby);
      await run(standby, 'standby', 'register', '--wait-sync=20');
      expect(await sandbox.query(standby, 'SELECT count(*)::int AS rows FROM ledger')).toEqual([
        { rows: 1000 },
      ]);
    }

    const before = await run(2, 'cluster', 'show');
    expect(before.stdout).toContain('* master  | node1 |          |');
    expect(before.stdout).toContain('  standby | node2 | node1    |');
    expect(before.stdout).toContain('  standby | node3 | node1    |');

    await sandbox.kill(1);
    await run(2, 'standby', 'promote');
    await sandbox.query(2, 'INSERT INTO ledger VALUES (1001)');
    await run(3, 'standby', 'follow', '-W');

    const after = await run(3, 'cluster', 'show');
    expect(after.stdout).toContain('  FAILED  | node1 |');
    expect(after.stdout).toContain('* master  | node2 |');
    expect(after.stdout).toContain('  standby | node3 | node2    |');
    await expect
      .poll(() => sandbox.query(3, 'SELECT max(id) AS newest FROM ledger'), { timeout: 20_000 })
      .toEqual([{ newest: 1001 }]);

    expect(
      await sandbox.query(
        2,
        'SELECT id, type, active, upstream_node_id FROM repmgr_sandbox.repl_nodes ORDER BY id',
      ),
    ).toEqual([
      { id: 1, type: 'master', active: false, upstream_node_id: null },
      { id: 2, type: 'master', active: true, upstream_node_id: null },
      { id: 3, type: 'standby', active: true, upstream_node_id: 2 },
    ]);
  });
});
