/** Where a conninfo leads: by our own connections, and by libpq itself (psql), where this machine has it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { RepmgrError } from '../../src/errors.ts';
import { connect } from '../../src/postgres/connection.ts';

export type Environment = Readonly<Record<string, string>>;

/** The bare program: Debian's /usr/bin/psql is a wrapper. */
export const psql: string | undefined = [15, 18, 17, 16, 14, 13]
  .map((version) => `/usr/lib/postgresql/${version}/bin/psql`)
  .find((path) => existsSync(path));

const question = `
  SELECT current_setting('port') || ' ' || current_user || ' ' || current_database()
         || CASE WHEN pg_is_in_recovery() THEN ' standby' ELSE ' primary' END
         || CASE WHEN (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) THEN ' encrypted' ELSE '' END`;

/** @returns `5432 repmgr repmgr primary`, or the code of the error */
export async function placeByUs(conninfo: string, environment: Environment): Promise<string> {
  return withEnvironment(environment, async () => {
    try {
      const connection = await connect(conninfo);
      const [row] = await connection.query<{ place: string }>(`${question} AS place`);
      await connection.close();
      return row?.place ?? '';
    } catch (error) {
      if (error instanceof RepmgrError) return error.code;
      throw error;
    }
  });
}

/** @returns the same, or `refused` */
async function placeByPsql(conninfo: string, environment: Environment): Promise<string> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], ...environment };
    const args = ['-XAtqw', '-d', conninfo, '-c', question];
    const child = execFile(psql ?? 'psql', args, { env }, (error, stdout) =>
      resolve(error === null ? stdout.trim() : 'refused'),
    );
    child.stdin?.end();
  });
}

/** Asserts where we get; where psql is installed it must get there as well, or be refused as well. */
export async function expectPlace(conninfo: string, environment: Environment, place: string): Promise<void> {
  const [byUs, byPsql] = await Promise.all([
    placeByUs(conninfo, environment),
    psql === undefined ? undefined : placeByPsql(conninfo, environment),
  ]);
  expect(byUs, conninfo).toBe(place);
  const isRefused = !/^\d/.test(place);
  if (byPsql !== undefined) expect(byPsql, `psql: ${conninfo}`).toBe(isRefused ? 'refused' : place);
}

/** Runs the work with this environment and nothing else in it but PATH. */
export async function withEnvironment<Result>(
  environment: Environment,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = { ...process.env };
  const only = { PATH: before['PATH'], ...environment };
  const replace = (wanted: Readonly<Record<string, string | undefined>>) => {
    for (const name of Object.keys(process.env)) if (!(name in wanted)) delete process.env[name];
    Object.assign(process.env, wanted);
  };
  replace(only);
  try {
    return await work();
  } finally {
    replace(before);
  }
}
