/** Makes a server read its configuration files again, by SQL. */
import type { Connection } from '../connection.ts';

/** Superusers may, others where EXECUTE on pg_reload_conf() was granted to them. */
export async function mayReloadBySql(connection: Connection): Promise<boolean> {
  const [row] = await connection.query<{ is_allowed: boolean }>(
    "SELECT has_function_privilege('pg_catalog.pg_reload_conf()', 'EXECUTE') AS is_allowed",
  );
  return row?.is_allowed === true;
}

/** Asks for it; the processes of the server follow one after the other, within milliseconds. */
export async function requestReload(connection: Connection): Promise<void> {
  await connection.query('SELECT pg_catalog.pg_reload_conf()');
}
