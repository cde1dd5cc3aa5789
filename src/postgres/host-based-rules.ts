/**
 * Lines of pg_hba.conf, as another server is to have them.
 * See https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
 */
import { sqlStateOf, type Connection } from './connection.ts';

/** A row of pg_hba_file_rules: a line as the server understood it, lists in other files included. */
export interface HostBasedRule {
  readonly type: string;
  readonly database: readonly string[];
  readonly user_name: readonly string[];
  readonly address: string | null;
  readonly netmask: string | null;
  readonly auth_method: string;
  readonly options: readonly string[] | null;
}

/**
 * The rules of a server as the text of a pg_hba.conf; its own comments are lost where the view gives them.
 * @returns undefined where the role may not see them
 */
export async function readHostBasedRules(connection: Connection): Promise<string | undefined> {
  return connection.version.capabilities.hasHostBasedRulesView
    ? await readView(connection)
    : await readFileOfServer(connection);
}

async function readView(connection: Connection): Promise<string | undefined> {
  const [allowed] = await connection.query<{ is_allowed: boolean }>(
    `SELECT has_table_privilege('pg_catalog.pg_hba_file_rules', 'SELECT')
            AND has_function_privilege('pg_catalog.pg_hba_file_rules()', 'EXECUTE') AS is_allowed`,
  );
  if (allowed?.is_allowed !== true) return undefined;
  const rules = await connection.query<HostBasedRule>(
    `SELECT type, database, user_name, address, netmask, auth_method, options
       FROM pg_catalog.pg_hba_file_rules WHERE type IS NOT NULL`,
  );
  return rules.map((rule) => `${formatHostBasedRule(rule)}\n`).join('');
}

/** Superusers only, and before PostgreSQL 11 only where the file lies in the data directory. */
async function readFileOfServer(connection: Connection): Promise<string | undefined> {
  try {
    const [row] = await connection.query<{ content: string }>(
      "SELECT pg_catalog.pg_read_file(pg_catalog.current_setting('hba_file')) AS content",
    );
    return row?.content;
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Pure. Words are quoted where they need it; `all`, `+group` and the like keep their meaning. */
export function formatHostBasedRule(rule: HostBasedRule): string {
  const words = [
    rule.type,
    rule.database.map(quoteName).join(','),
    rule.user_name.map(quoteName).join(','),
    ...[rule.address, rule.netmask, rule.auth_method].filter((word) => word !== null),
    ...(rule.options ?? []).map(quoteName),
  ];
  return words.join(' ');
}

/** A quote at the beginning would take its meaning from `+`; inside of the word it does not. */
function quoteName(name: string): string {
  if (/^[\w.$:/=+-]+$/.test(name)) return name;
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  return name.startsWith('+') ? `+${quoted(name.slice(1))}` : quoted(name);
}

/** One user, one database, by password, and the superuser on this machine under its own name. */
export function minimalHostBasedRules(
  {
    database,
    user,
    superuser,
  }: { readonly database: string; readonly user: string; readonly superuser: string },
  method: 'scram-sha-256' | 'md5',
): string {
  const [db, role, owner] = [database, user, superuser].map(quoteAlways);
  return [
    `local all ${owner} peer`,
    `local ${db} ${role} ${method}`,
    `host ${db} ${role} all ${method}`,
    '',
  ].join('\n');
}

/** A role that is called `all` is one role. */
function quoteAlways(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
