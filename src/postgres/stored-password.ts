/** Passwords as PostgreSQL stores them, made here: the password itself never travels, and no log can show it. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { limits } from '../limits.ts';
import type { Conninfo } from '../model/conninfo.ts';
import { passwordFor, PasswordMissing } from './authentication.ts';
import type { Connection } from './connection.ts';
import { resolveConninfo } from './conninfo-defaults.ts';
import { targetsOf } from './targets.ts';
import type { ServerVersion } from './version.ts';

/**
 * What ALTER ROLE ... PASSWORD takes in place of the password.
 * See https://www.postgresql.org/docs/current/catalog-pg-authid.html
 */
export function storedPassword(
  password: string,
  user: string,
  version: ServerVersion,
  salt: Buffer = randomBytes(16),
): string {
  if (!version.capabilities.hasScram) {
    return `md5${createHash('md5').update(`${password}${user}`).digest('hex')}`;
  }
  const { scramIterations } = limits;
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, scramIterations, 32, 'sha256');
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(key('Client Key')).digest('base64');
  const serverKey = key('Server Key').toString('base64');
  return `SCRAM-SHA-256$${scramIterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/** Whether a server of this version can check what another one has stored. */
export function canUseStoredPassword(stored: string, version: ServerVersion): boolean {
  return stored.startsWith('md5') || version.capabilities.hasScram;
}

/** The password that a connection would use: of the conninfo, PGPASSWORD or the password file. */
export async function passwordOfConninfo(conninfo: Conninfo): Promise<string | undefined> {
  const settings = await resolveConninfo(conninfo);
  const [target] = targetsOf(settings);
  if (target === undefined) return undefined;
  try {
    return await passwordFor(settings, target, false);
  } catch (error) {
    if (error instanceof PasswordMissing) return undefined;
    throw error;
  }
}

/** @returns the stored password of a role; undefined where there is none, or this session may not see it */
export async function readStoredPassword(connection: Connection, user: string): Promise<string | undefined> {
  const [allowed] = await connection.query<{ is_allowed: boolean }>(
    "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS is_allowed",
  );
  if (allowed?.is_allowed !== true) return undefined;
  const [row] = await connection.query<{ password: string | null }>(
    'SELECT rolpassword AS password FROM pg_catalog.pg_authid WHERE rolname = $1',
    [user],
  );
  return row?.password ?? undefined;
}
