/** What keeps a standby from following, each before anything was changed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { postmasterOf, prependHba } from '../support/local-server.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

describe('a follow is refused', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 4 });
    await sandbox.query(1, 'CREATE TABLE ledger AS SELECT 1 AS id');
  });

  /** Everything that a follow could change on the node, and on the one that it would follow. */
  const stateOf = async (node: number, upstream: number) => [
    await postmasterOf(sandbox, node),
    await readFile(join(sandbox.node(node).dataDirectory, 'postgresql.auto.conf'), 'utf8'),
    await sandbox.query(upstream, 'SELECT slot_name FROM pg_replication_slots ORDER BY 1'),
    await sandbox.query(
      upstream,
      'SELECT id, type, upstream_node_id, active FROM repmgr_sandbox.repl_nodes ORDER BY 1',
    ),
    await sandbox.query(
      upstream,
      `SELECT count(*) FROM repmgr_sandbox.repl_events WHERE event = 'standby_follow'`,
    ),
  ];
  const expectRefusal = async (
    node: number,
    upstream: number,
    args: readonly string[],
    expected: { readonly exitCode: number; readonly stderr: RegExp },
  ) => {
    const before = await stateOf(node, upstream);
    const refused = await sandbox.repmgr(node, [...args, 'standby', 'follow']);
    expect(refused.stderr).toMatch(expected.stderr);
    expect(refused).toMatchObject({ exitCode: expected.exitCode, stdout: '' });
    expect(refused.stderr).toMatch(/^HINT: /m);
    expect(await stateOf(node, upstream)).toEqual(before);
    return refused;
  };
  const serverOf = (node: number) => ['-h', '127.0.0.1', '-p', String(sandbox.node(node).port)];
  const directoryOf = (node: number) => ['-D', sandbox.node(node).dataDirectory];

  it('to a primary that runs, to a node that is not registered, and to itself', async () => {
    await expectRefusal(1, 1, [], { exitCode: 1, stderr: /^ERROR: the local server is not a standby\n/ });
    const stranger = await withSettings(sandbox, 3, { node: '9', node_name: 'node9' });
    await expectRefusal(3, 1, stranger, {
      exitCode: 1,
      stderr: /^ERROR: node 9 is not registered as a standby\n/,
    });
    await expectRefusal(3, 1, ['--upstream-node-id=3'], {
      exitCode: 1,
      stderr: /^ERROR: the server to follow is the local one\n/,
    });
    await expectRefusal(3, 1, ['--upstream-node-id=8'], {
      exitCode: 1,
      stderr: /^ERROR: the upstream node, ID 8, is not registered\n/,
    });
  });

  it('from a server that is no primary, is no node, is down, or is named without a data directory', async () => {
    await expectRefusal(3, 1, [...serverOf(2), ...directoryOf(3)], {
      exitCode: 1,
      stderr: /^ERROR: the server to follow, 127\.0\.0\.1:\d+, is not a primary\n/,
    });
    await expectRefusal(3, 1, ['-h', '127.0.0.1', '-p', '1', ...directoryOf(3)], {
      exitCode: 6,
      stderr: /^ERROR: could not connect to PostgreSQL at "127\.0\.0\.1:1"\n/,
    });
    await expectRefusal(3, 1, serverOf(1), { exitCode: 1, stderr: /-h needs the data directory/ });
    await expectRefusal(3, 1, directoryOf(3), { exitCode: 1, stderr: /-D needs a host/ });
  });

  it('with a data directory that is not that of the server, or none', async () => {
    await expectRefusal(3, 1, [...serverOf(1), ...directoryOf(2)], {
      exitCode: 1,
      stderr: /^ERROR: the directory ".*node2" is not that of the local server\nDETAIL: .*node3/,
    });
    await expectRefusal(3, 1, [...serverOf(1), '-D', sandbox.directory], {
      exitCode: 1,
      stderr: /^ERROR: the directory ".*" is not the data directory of a server\n/,
    });
  });

  it('where the upstream does not let the node replicate', async () => {
    const restore = await prependHba(sandbox, 1, ['host replication all 127.0.0.1/32 reject']);
    await expect
      .poll(() => sandbox.repmgr(3, ['standby', 'follow', '--dry-run']), { timeout: 10_000 })
      .toMatchObject({ exitCode: 1 });
    await expectRefusal(3, 1, [], {
      exitCode: 1,
      stderr:
        /^ERROR: node "node1" \(ID: 1\) does not let this node replicate from it\nDETAIL: .*pg_hba.*\nHINT: Add to pg_hba\.conf/,
    });
    await restore();
  });

  it('from a primary of another cluster', async () => {
    const other = await sandboxForTest({ nodes: 1 });
    await other.query(
      1,
      `INSERT INTO repmgr_sandbox.repl_nodes SELECT 3, 'standby', 1, cluster, 'node3', 'host=127.0.0.1 port=1', NULL, 100, true FROM repmgr_sandbox.repl_nodes`,
    );
    const { port } = other.node(1);
    await expectRefusal(3, 1, ['-h', '127.0.0.1', '-p', String(port), ...directoryOf(3)], {
      exitCode: 1,
      stderr:
        /^ERROR: the local server belongs to another cluster than the node to follow\nDETAIL: It has system identifier \d+, node "node1" \(ID: 1\) has \d+\.\n/,
    });
  });

  it('where several nodes are primaries, unless one is named; and where its WAL has diverged, with the positions', async () => {
    // Node 3 sees what node 1 writes; node 2 has left for a timeline of its own before.
    await sandbox.query(2, 'SELECT pg_promote()');
    await sandbox.query(2, 'CREATE TABLE only_here AS SELECT 1 AS id');
    await sandbox.query(1, 'CREATE TABLE only_there AS SELECT 1 AS id');
    await expect
      .poll(() => sandbox.query(3, `SELECT to_regclass('only_there') IS NOT NULL AS is_there`))
      .toEqual([{ is_there: true }]);
    await expectRefusal(3, 1, [], { exitCode: 1, stderr: /^ERROR: more than one node accepts writes\n/ });

    const [fork] = (
      await readFile(join(sandbox.node(2).dataDirectory, 'pg_wal', '00000002.history'), 'utf8')
    ).split('\n');
    const at = fork?.split('\t')[1] ?? '';
    const refused = await expectRefusal(3, 2, [...serverOf(2), ...directoryOf(3)], {
      exitCode: 1,
      stderr:
        /^ERROR: the local server has WAL that node "node2" \(ID: 2\) does not have, and cannot follow it\n/,
    });
    const reached = /DETAIL: The local server is on timeline 1, its WAL reaches (\S+); /.exec(
      refused.stderr,
    )?.[1];
    expect(refused.stderr).toContain(
      `"node2" (ID: 2) is on timeline 2, and the two parted on timeline 1 at ${at}.\n`,
    );
    // What the server itself has replayed, unless more arrived since.
    expect(
      await sandbox.query(
        3,
        'SELECT $1::pg_lsn > $2::pg_lsn AND $1::pg_lsn <= pg_last_wal_replay_lsn() AS is_right',
        [reached, at],
      ),
    ).toEqual([{ is_right: true }]);
    expect(refused.stderr).toMatch(/HINT: .*--force standby clone\n$/);

    const named = await sandbox.repmgr(3, [...serverOf(1), ...directoryOf(3), 'standby', 'follow']);
    expect(named).toMatchObject({ exitCode: 0 });
    expect(named.stderr).toMatch(
      /^WARNING: beside node "node1" \(ID: 1\), node "node2" \(ID: 2\) accepts writes too\n/,
    );
  });

  it('where the local server is down and no primary is named', async () => {
    await sandbox.stop(4);
    const down = await sandbox.repmgr(4, ['standby', 'follow', '-W']);
    expect(down.exitCode).toBe(6);
    expect(down.stderr).toMatch(
      /^ERROR: the local server cannot be reached\nDETAIL: .*\nHINT: Start the standby; .* -h HOST -D DIRECTORY standby follow\n$/,
    );
  });
});
