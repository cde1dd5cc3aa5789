/** Whether a role may take a base backup by SQL. */
import type { Connection } from '../connection.ts';
import type { Capabilities } from '../version.ts';

/**
 * Those that this role may not call. Before 9.6 anybody may, but only a superuser may read the files that they write.
 * @throws RepmgrError query_failed, query_timeout or connection_lost
 */
export async function missingBackupFunctions(connection: Connection): Promise<readonly string[]> {
  const functions = backupFunctions(connection.version.capabilities);
  const rows = await connection.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name
      WHERE NOT (CASE WHEN $2 THEN (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
                      ELSE has_function_privilege(name, 'EXECUTE') END)`,
    [functions, connection.version.capabilities.backupApi === 'exclusive'],
  );
  return rows.map(({ name }) => name);
}

/** Those that begin and end an online backup, with the types of their parameters. */
export function backupFunctions({
  backupApi,
  canStopBackupBeforeArchiving,
}: Capabilities): readonly string[] {
  switch (backupApi) {
    case 'exclusive':
      return ['pg_catalog.pg_start_backup(text, boolean)', 'pg_catalog.pg_stop_backup()'];
    case 'start_stop':
      return [
        'pg_catalog.pg_start_backup(text, boolean, boolean)',
        `pg_catalog.pg_stop_backup(boolean${canStopBackupBeforeArchiving ? ', boolean' : ''})`,
      ];
    case 'backup_start':
      return ['pg_catalog.pg_backup_start(text, boolean)', 'pg_catalog.pg_backup_stop(boolean)'];
  }
}
