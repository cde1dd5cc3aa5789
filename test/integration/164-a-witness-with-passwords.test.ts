/** Who may come into a new witness, and with what: rules and passwords without SSH. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const password = `it's "secret" \\ ü`;

describe.each([10, 15])('a witness on PostgreSQL %i', (postgresVersion) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 2, build: 'primary', postgresVersion });
    await sandbox.repmgr(1, ['primary', 'register']);
  });
  beforeEach(async () => {
    await sandbox.stop(2);
    await sandbox.run('rm', ['-rf', sandbox.node(2).dataDirectory]);
    await sandbox.query(1, "DELETE FROM repmgr_sandbox.repl_nodes WHERE type = 'witness'");
  });
  const command = () => [
    ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port)],
    ...['-D', sandbox.node(2).dataDirectory, 'witness', 'create'],
  ];
  const create = (env: Record<string, string> = {}) => sandbox.repmgr(2, command(), { env });
  const enter = async (settings: string) => {
    const connection = await connect(`${sandbox.node(2).conninfo} sslmode=disable ${settings}`);
    await connection.close();
  };
  const asSuperuser = async (sql: string) => {
    const connection = await connect(
      `host=127.0.0.1 port=${sandbox.node(1).port} user=postgres dbname=repmgr sslmode=disable`,
    );
    try {
      await connection.query(sql);
    } finally {
      await connection.close();
    }
  };
  const onlyWithPassword = async () => {
    await expect(enter('')).rejects.toMatchObject({ code: 'password_refused' });
    await expect(enter('password=wrong')).rejects.toMatchObject({ code: 'password_refused' });
    await enter(`password='${password.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`);
  };

  it('gets the rules and the password of the primary where the role may read them', async () => {
    const file = join(sandbox.node(1).dataDirectory, 'pg_hba.conf');
    const rules = await readFile(file, 'utf8');
    const method = postgresVersion === 10 ? 'md5' : 'scram-sha-256';
    await sandbox.run('sh', ['-c', `echo 'host repmgr repmgr samehost ${method}' > '${file}'`]);
    await asSuperuser(`ALTER ROLE repmgr PASSWORD '${password.replaceAll("'", "''")}'`);
    // The primary itself has not read its new rules yet.
    const result = await create({ PGPASSWORD: password });
    expect(result).toMatchObject({ exitCode: 0 });
    await sandbox.run('sh', ['-c', `printf '%s' "$RULES" > '${file}'`], { env: { RULES: rules } });
    await onlyWithPassword();
    expect((await readFile(join(sandbox.node(2).dataDirectory, 'pg_hba.conf'), 'utf8')).split('\n')).toEqual([
      expect.stringMatching(/^# Made by repmgr: the rules of the primary, 127\.0\.0\.1:\d+/),
      `host repmgr repmgr samehost ${method}`,
      '',
    ]);
    const log = await readFile(join(sandbox.node(2).dataDirectory, 'log', 'repmgr-start.log'), 'utf8');
    expect(log).not.toMatch(/secret|SCRAM-SHA|md5[0-9a-f]{32}/);
  });

  it('takes the password over as the primary has stored it, where none is known here', async () => {
    await asSuperuser(`ALTER ROLE repmgr PASSWORD '${password.replaceAll("'", "''")}'`);
    expect(await create()).toMatchObject({ exitCode: 0 });
    const stored = async (node: number) => {
      const user = node === 1 ? 'repmgr' : 'postgres';
      const connection = await connect(
        `host=127.0.0.1 port=${sandbox.node(node).port} user=${user} dbname=repmgr sslmode=disable`,
      );
      try {
        return await connection.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'repmgr'");
      } finally {
        await connection.close();
      }
    };
    expect(await stored(2)).toEqual(await stored(1));
    expect(await stored(2)).toEqual([{ rolpassword: expect.stringMatching(/^(SCRAM-SHA-256\$|md5)/) }]);
  });

  it('gets minimal rules otherwise, and is refused where nobody could come in by them', async () => {
    await asSuperuser('ALTER ROLE repmgr NOSUPERUSER');
    const refused = await create();
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /^ERROR: nobody could connect to the new server\nDETAIL: .*none is known for "repmgr"\.\nHINT: Put a password/,
    );
    const result = await create({ PGPASSWORD: password });
    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stderr).toMatch(
      /^WARNING: the rules of pg_hba\.conf on the primary cannot be read with this role; the witness gets minimal ones\nHINT: .*\nNOTICE: witness node created/,
    );
    await onlyWithPassword();
    await expect(enter(`user=postgres password=x`)).rejects.toMatchObject({ code: 'connection_failed' });
    await expect(enter(`dbname=postgres password=x`)).rejects.toMatchObject({ code: 'connection_failed' });
    await sandbox.stop(2);
    await sandbox.run('rm', ['-rf', sandbox.node(2).dataDirectory]);
    await sandbox.query(1, "DELETE FROM repmgr_sandbox.repl_nodes WHERE type = 'witness'");
    await asSuperuser(
      'GRANT SELECT ON pg_hba_file_rules TO repmgr; GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO repmgr',
    );
    expect((await create()).stderr).toMatch(/^NOTICE: witness node created/);
    await enter('');
    await asSuperuser('ALTER ROLE repmgr SUPERUSER');
  });

  it.skipIf(!existsSync('/usr/bin/script'))('asks for passwords at a terminal, and shows none', async () => {
    const { dataDirectory } = sandbox.node(2);
    const differing = await atTerminal(sandbox, [...command(), '-P'], ['owner', 'owner', 'one', 'other']);
    expect(differing).toMatch(/Password for the superuser "postgres": .*ERROR.*: the two passwords differ/s);
    expect(await readdir(dataDirectory).catch(() => [])).toEqual([]);
    const result = await atTerminal(sandbox, [...command(), '-P'], ['owner', 'owner', password, password]);
    expect(result).toContain('witness node created in');
    expect(result).not.toMatch(/owner|it's|secret/);
  });
});

/** Runs repmgr on node 2 with a terminal, types a line at each prompt, and gives what the terminal has shown. */
async function atTerminal(
  sandbox: Sandbox,
  args: readonly string[],
  typed: readonly string[],
): Promise<string> {
  const copied = join(sandbox.directory, 'program', 'repmgr.js');
  const program = existsSync(copied) ? copied : join(import.meta.dirname, '../../dist/repmgr.js');
  const words = [process.execPath, program, '-f', sandbox.node(2).configFile, ...args];
  const child = spawn('script', ['-qec', words.map((word) => `'${word}'`).join(' '), '/dev/null'], {
    cwd: sandbox.directory,
    env: { PATH: process.env['PATH'], HOME: sandbox.directory, LC_ALL: 'C' },
    ...(sandbox.user === undefined ? {} : { uid: sandbox.user.uid, gid: sandbox.user.gid }),
  });
  let shown = '';
  let answered = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const prompts = shown.match(/(?:Password for [^:]*|Once more): /g)?.length ?? 0;
    while (answered < prompts) {
      child.stdin.write(`${typed[answered] ?? ''}\n`);
      answered += 1;
    }
  });
  await once(child, 'exit');
  return shown;
}
