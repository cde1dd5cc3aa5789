/** The one row of `repmgr_cluster`: which cluster this is, and the secret that its daemons share. */
import type { Connection } from '../../postgres/connection.ts';
import { freshSecret, nextSecretVersion } from './cluster-secret.ts';
import { qualified } from './names.ts';

/** @returns the system identifier that the metadata belongs to; undefined before anybody wrote it, and
 *   where PostgreSQL is older than 9.6 */
export async function recordedSystemIdentifier(
  connection: Connection,
  cluster: string,
): Promise<string | undefined> {
  const [row] = await connection.query<{ system_identifier: string | null }>(
    `SELECT system_identifier FROM ${qualified(cluster, 'repmgr_cluster')}`,
  );
  return row?.system_identifier ?? undefined;
}

/** Keeps a secret that is there, else makes one; the system identifier is always set to the one given. */
export async function writeClusterRow(
  connection: Connection,
  cluster: string,
  systemIdentifier: string | undefined,
): Promise<void> {
  const table = qualified(cluster, 'repmgr_cluster');
  const updated = await connection.query<{ is_only_row: boolean }>(
    `UPDATE ${table} SET system_identifier = $1 RETURNING is_only_row`,
    [systemIdentifier ?? null],
  );
  if (updated.length > 0) return;
  const { expression, values } = freshSecret(connection, 2);
  await connection.query(
    `INSERT INTO ${table} (system_identifier, secret, secret_version)
     VALUES ($1, ${expression}, ${nextSecretVersion('0')})`,
    [systemIdentifier ?? null, ...values],
  );
}
