/**
 * From what was given to what is used: settings of the conninfo, else of its service, else of the environment,
 * else libpq's defaults. See https://www.postgresql.org/docs/current/libpq-envars.html
 */
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { failure } from '../errors.ts';
import { type Conninfo, mergeConninfo, parseConninfo } from '../model/conninfo.ts';
import { conninfoKeywords, environmentVariableOf } from '../model/conninfo-keywords.ts';
import type { ServiceFile } from './service-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Debian's place for the host's service file; elsewhere PGSYSCONFDIR says it. */
const defaultSystemDirectory = '/etc/postgresql-common';

/**
 * Reads a connection string, or passes on settings that were read before.
 * @throws RepmgrError conninfo_invalid
 */
export function readConninfo(conninfo: Conninfo | string): Conninfo {
  if (typeof conninfo !== 'string') {
    return conninfo;
  }
  const parsed = parseConninfo(conninfo);
  if (parsed.kind === 'invalid') {
    throw failure('conninfo_invalid', {
      message: 'the connection string cannot be understood',
      detail: `At character ${parsed.position + 1}: ${parsed.reason}.`,
      hint: 'Write host=node1 user=repmgr dbname=repmgr, or postgresql://repmgr@node1/repmgr; values with blanks in single quotes.',
    });
  }
  return parsed.conninfo;
}

/**
 * Fills the gaps of a conninfo. An empty value counts as given, as in libpq: `host=''` is not replaced by PGHOST.
 * @throws RepmgrError conninfo_invalid where it names a service that is not defined
 */
export async function resolveConninfo(
  given: Conninfo,
  environment: Environment = process.env,
): Promise<Conninfo> {
  const service = given['service'] ?? environment['PGSERVICE'];
  const fromService =
    service === undefined || service === '' ? {} : await settingsOfService(service, given, environment);
  const settings = mergeConninfo(fromEnvironment(environment), fromService, given);
  const user = settings['user'] ?? operatingSystemUser();
  const dbname = settings['dbname'] === undefined || settings['dbname'] === '' ? user : settings['dbname'];
  return mergeConninfo(settings, { user, dbname });
}

/** The password file that libpq would read: of the settings or the environment, else `~/.pgpass`. */
export function passwordFileOf(settings: Conninfo): string {
  const given = settings['passfile'];
  return given === undefined || given === '' ? join(homedir(), '.pgpass') : given;
}

function fromEnvironment(environment: Environment): Conninfo {
  const entries = conninfoKeywords.flatMap((keyword) => {
    const variable = environmentVariableOf(keyword);
    const value = variable === undefined ? undefined : environment[variable];
    return value === undefined ? [] : [[keyword, value] as const];
  });
  const settings: Record<string, string> = Object.fromEntries(entries);
  if (environment['PGREQUIRESSL']?.startsWith('1') === true) {
    settings['sslmode'] ??= 'require';
  }
  return settings;
}

async function settingsOfService(
  service: string,
  given: Conninfo,
  environment: Environment,
): Promise<Conninfo> {
  const { readService } = await import('./service-file.ts');
  return readService(service, serviceFiles(given, environment));
}

function serviceFiles(given: Conninfo, environment: Environment): readonly ServiceFile[] {
  const named = given['servicefile'] ?? environment['PGSERVICEFILE'];
  const ofUser: ServiceFile =
    named === undefined
      ? { path: join(homedir(), '.pg_service.conf'), mustExist: false }
      : { path: named, mustExist: true };
  const systemDirectory = environment['PGSYSCONFDIR'] ?? defaultSystemDirectory;
  return [ofUser, { path: join(systemDirectory, 'pg_service.conf'), mustExist: false }];
}

function operatingSystemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the password database, as containers have them.
    throw failure('conninfo_invalid', {
      message: 'no user to connect as',
      detail: `The conninfo has no user, and user id ${process.getuid?.() ?? 'unknown'} of this process has no name.`,
      hint: 'Add user=... to the conninfo, or set PGUSER.',
    });
  }
}
