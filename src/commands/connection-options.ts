/** Which server the connection options mean. */
import type { Config } from '../config/resolve.ts';
import { failure } from '../errors.ts';
import { type Conninfo, isConninfo, mergeConninfo, parseConninfo } from '../model/conninfo.ts';
import { readConninfo } from '../postgres/conninfo-defaults.ts';
import type { CommandOptions } from './options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The connection of -d, -h, -p and -U over PGHOST, PGPORT, PGUSER and PGDATABASE; connecting fills in the rest. What a
 * connection string in -d says wins over the other options, as in repmgr 3.
 * @throws RepmgrError usage where -d is an unreadable connection string
 */
export function connectionFromOptions(options: CommandOptions, environment: Environment): Conninfo {
  const given = connectionAsGiven(options);
  // A service has settings of its own, which are stronger than the environment.
  const hasService = given['service'] !== undefined || environment['PGSERVICE'] !== undefined;
  return hasService ? given : mergeConninfo(fromEnvironment(environment), given);
}

/**
 * What is given, with role and database of our own conninfo where it names none: they are the same on all nodes. A
 * service names its own.
 */
export function withOwnRole(given: Conninfo, config: Pick<Config, 'conninfo'> | undefined): Conninfo {
  if (config === undefined || given['service'] !== undefined) return given;
  const { user, dbname } = readConninfo(config.conninfo);
  return mergeConninfo(withoutGaps({ user, dbname }), given);
}

function connectionAsGiven({ dbname, host, port, username }: CommandOptions): Conninfo {
  const separate = withoutGaps({ host, port: port === undefined ? undefined : String(port), user: username });
  if (dbname === undefined) return separate;
  if (!isConninfo(dbname)) return { ...separate, dbname };
  const parsed = parseConninfo(dbname);
  if (parsed.kind === 'parsed') return mergeConninfo(separate, parsed.conninfo);
  throw failure('usage', {
    message: 'the connection string of --dbname cannot be understood',
    detail: `${parsed.reason}.`,
    hint: 'Write it as: -d "host=node1 user=repmgr dbname=repmgr"',
  });
}

function fromEnvironment(environment: Environment): Conninfo {
  return withoutGaps({
    host: environment['PGHOST'],
    port: environment['PGPORT'],
    user: environment['PGUSER'],
    dbname: environment['PGDATABASE'],
  });
}

function withoutGaps(settings: Readonly<Record<string, string | undefined>>): Conninfo {
  const kept = Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(kept);
}
