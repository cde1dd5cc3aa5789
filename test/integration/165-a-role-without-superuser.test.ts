/** Everything goes with a role that is no superuser, once it has what `cluster grants` says. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';

async function asPostgres(sandbox: Sandbox, sql: string): Promise<object[]> {
  const { host, port } = sandbox.node(1);
  const connection = await connect(`host=${host} port=${port} user=postgres dbname=repmgr sslmode=disable`);
  try {
    return await connection.query(sql);
  } finally {
    await connection.close();
  }
}

/** The statements of the script that is printed. */
const statementsOf = (script: string) =>
  script.split('\n').filter((line) => line !== '' && !line.startsWith('--'));

const always = [
  'ALTER ROLE "repmgr" LOGIN REPLICATION INHERIT;',
  'GRANT CREATE ON DATABASE "repmgr" TO "repmgr";',
  'GRANT pg_monitor TO "repmgr";',
];
const from12 = ['GRANT EXECUTE ON FUNCTION pg_catalog.pg_promote(boolean, integer) TO "repmgr";'];
const from13 = ['GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() TO "repmgr";'];
const from15 = ['GRANT pg_checkpoint TO "repmgr";'];

describe.each([
  { postgresVersion: 10, statements: always },
  { postgresVersion: 15, statements: [...always, ...from12, ...from13, ...from15] },
  { postgresVersion: 18, statements: [...always, ...from12, ...from13, ...from15] },
])('on PostgreSQL $postgresVersion', ({ postgresVersion, statements }) => {
  it('such a role registers, clones, shows, promotes, follows and cleans up', async () => {
    const sandbox = await sandboxForTest({ nodes: 3, build: 'primary', postgresVersion });
    const ok = async (node: number, ...args: string[]) => {
      const result = await sandbox.repmgr(node, args);
      expect(result.exitCode, `${args.join(' ')}: ${result.stderr}`).toBe(0);
      return result;
    };
    // The database belongs to the role in a sandbox; elsewhere it need not.
    await asPostgres(
      sandbox,
      'ALTER DATABASE repmgr OWNER TO postgres; ALTER ROLE repmgr NOSUPERUSER NOREPLICATION',
    );
    const printed = await ok(1, 'cluster', 'grants');
    expect(statementsOf(printed.stdout).toSorted()).toEqual(statements.toSorted());
    expect(printed.stderr).toBe('');
    expect((await ok(1, 'cluster', 'grants', '--execute', '--dry-run')).stdout.trim().split('\n')).toEqual(
      statementsOf(printed.stdout),
    );
    const forbidden = await sandbox.repmgr(1, ['cluster', 'grants', '--execute']);
    expect(forbidden.exitCode).toBe(7);
    expect(forbidden.stderr).toMatch(/^ERROR: .*\nDETAIL: .*\nHINT: Name a superuser with -S/);
    const made = await ok(1, 'cluster', 'grants', '--execute', '-S', 'postgres');
    expect(made.stderr).toBe(`NOTICE: ${statements.length} statements were run\n`);
    expect((await ok(1, 'cluster', 'grants')).stdout).toContain('-- Nothing is missing.\n');

    await ok(1, 'primary', 'register');
    const source = ['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '-U', 'repmgr', '-d', 'repmgr'];
    for (const node of [2, 3]) {
      const hasProgram = existsSync(join(sandbox.binDirectory, 'pg_basebackup'));
      const method = node === 2 || !hasProgram ? 'protocol' : 'pg_basebackup';
      await ok(node, ...source, 'standby', 'clone', '-c', `--backup-method=${method}`);
      await sandbox.start(node);
      await ok(node, 'standby', 'register', '--wait-sync=30');
    }
    const shown = await ok(3, 'cluster', 'show', '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      warnings: [],
      nodes: [{ role: 'primary' }, { is_attached: true }, { is_attached: true }],
    });

    await sandbox.stop(1);
    const promotion = await ok(2, 'standby', 'promote', '--log-level=INFO');
    if (postgresVersion >= 15) expect(promotion.stderr).not.toContain('no checkpoint was made');
    else expect(promotion.stderr).toContain('neither superuser nor member of pg_checkpoint');
    const following = await ok(3, 'standby', 'follow');
    expect(following.stderr).not.toContain('WARNING');
    await expect
      .poll(async () => JSON.parse((await ok(2, 'cluster', 'show', '--json')).stdout).nodes[2], {
        timeout: 20_000,
      })
      .toMatchObject({ attached_upstream_node_id: 2 });
    await sandbox.query(
      2,
      `INSERT INTO repmgr_sandbox.repl_monitor
       SELECT 2, 3, now() - n * interval '1 day', NULL, '0/1', '0/1', 0, 0 FROM generate_series(1, 9) AS n`,
    );
    expect((await ok(3, 'cluster', 'cleanup', '-k', '5', '--log-level=INFO')).stderr).toMatch(
      /INFO: vacuum the table repl_monitor\n(?!WARNING)NOTICE: 5 rows/,
    );
    const events = await ok(3, 'cluster', 'event', '--event=standby_promote', '--csv');
    expect(events.stdout).toMatch(/^2,node2,standby_promote,t,/);
    await ok(2, 'primary', 'unregister', '--node-id=1');
    await ok(3, 'standby', 'unregister');
  });
});

describe('cluster grants', () => {
  it('takes over metadata that a superuser made, and says what a superuser could do without', async () => {
    const sandbox = await sandboxForTest({ nodes: 2 });
    await asPostgres(
      sandbox,
      `CREATE ROLE plain; ALTER TABLE repmgr_sandbox.repl_nodes OWNER TO postgres;
       ALTER VIEW repmgr_sandbox.repl_status OWNER TO postgres`,
    );
    const { stdout, stderr } = await sandbox.repmgr(1, ['cluster', 'grants', '--json']);
    expect(stderr).toBe(
      'NOTICE: role "repmgr" is a superuser and needs none of this\n' +
        'HINT: After these grants it can do without: ALTER ROLE "repmgr" NOSUPERUSER;\n',
    );
    const { grants, ...rest } = JSON.parse(stdout);
    expect(rest).toMatchObject({
      role: 'repmgr',
      database: 'repmgr',
      limits: expect.arrayContaining([{ what: expect.any(String), reason: expect.any(String) }]),
    });
    const lacking = (grants as { sql: string; is_granted: boolean }[]).filter((grant) => !grant.is_granted);
    expect(lacking.map(({ sql }) => sql)).toEqual(
      expect.arrayContaining([
        'ALTER TABLE "repmgr_sandbox"."repl_nodes" OWNER TO "repmgr";',
        'ALTER TABLE "repmgr_sandbox"."repl_status" OWNER TO "repmgr";',
        'GRANT pg_monitor TO "repmgr";',
      ]),
    );
    expect(await sandbox.repmgr(2, ['cluster', 'grants', '--execute'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^ERROR: rights are granted on the primary\n/),
    });
    expect(await sandbox.repmgr(1, ['cluster', 'grants', '--execute'])).toMatchObject({ exitCode: 0 });
    expect((await sandbox.repmgr(1, ['cluster', 'grants'])).stdout).toContain('-- Nothing is missing.\n');
    const all = await sandbox.repmgr(1, ['cluster', 'grants', '--all']);
    expect(statementsOf(all.stdout).length).toBeGreaterThan(4);
    await asPostgres(sandbox, 'ALTER ROLE repmgr NOSUPERUSER');
    expect(await sandbox.repmgr(1, ['primary', 'register', '--force'])).toMatchObject({ exitCode: 0 });
    const plain = await sandbox.repmgr(1, ['cluster', 'grants']);
    expect(plain).toMatchObject({ exitCode: 0, stderr: '' });
    expect(plain.stdout).toContain('-- Nothing is missing.\n');
  });
});
