/**
 * The metadata schema, built by numbered migrations in one transaction. A schema of repmgr 3 counts as migration 1
 * done: its tables are never altered, ours are added beside them.
 */
import type { Connection } from '../../postgres/connection.ts';
import { relationExists, schemaExists } from './catalog.ts';
import { qualified, quoteIdentifier, schemaName } from './names.ts';
import { createRepmgr3Objects, replaceBrokenStatusView } from './repmgr3-objects.ts';

interface Migration {
  readonly number: number;
  readonly name: string;
  /** What it does, for `--dry-run`. */
  readonly words: string;
  apply(connection: Connection, cluster: string): Promise<void>;
}

const migrations: readonly Migration[] = [
  {
    number: 1,
    name: 'tables and views of repmgr 3',
    words: 'create the tables and views of repmgr 3 where they are missing',
    apply: createRepmgr3Objects,
  },
  {
    number: 2,
    name: 'tables of repmgrd',
    words: 'create the tables repmgr_cluster and repmgr_node',
    apply: createOwnTables,
  },
  {
    number: 3,
    name: 'repl_status without functions in C',
    words: 'replace the view repl_status if it needs a C library that is not there',
    apply: replaceBrokenStatusView,
  },
  {
    number: 4,
    name: 'a secret that can be changed',
    words: 'add the columns next_secret, former_secret and secret_version to repmgr_cluster',
    apply: addSecretColumns,
  },
];

/** The number of the newest migration that this program knows. */
export const latestMigration = migrations.length;

/** What `migrate` would do to a schema whose last migration is `applied` (0: none), in words. */
export function describeMigrations(applied: number): string[] {
  return pendingAfter(applied).map(({ words }) => words);
}

/**
 * Makes the schema if it is missing and applies what it lacks; does nothing where it is up to date. Call it inside a
 * transaction: a failure then leaves everything as it was.
 *
 * Needs CREATE on the database for a new schema, and CREATE on the schema for further tables; no superuser.
 */
export async function migrate(connection: Connection, cluster: string): Promise<void> {
  // Two registrations at the same moment: the second waits here and then finds the work done.
  await connection.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`repmgr ${schemaName(cluster)}`]);
  if (!(await schemaExists(connection, cluster))) {
    await connection.query(`CREATE SCHEMA ${quoteIdentifier(schemaName(cluster))}`);
  }
  const table = qualified(cluster, 'repmgr_migrations');
  if (!(await relationExists(connection, cluster, 'repmgr_migrations'))) {
    await connection.query(
      `CREATE TABLE ${table} (
         number integer PRIMARY KEY,
         name text NOT NULL,
         applied_at timestamptz NOT NULL DEFAULT current_timestamp)`,
    );
  }
  const [last] = await connection.query<{ number: number }>(
    `SELECT coalesce(max(number), 0) AS number FROM ${table}`,
  );
  for (const migration of pendingAfter(last?.number ?? 0)) {
    await connection.query(`INSERT INTO ${table} (number, name) VALUES ($1, $2)`, [
      migration.number,
      migration.name,
    ]);
    await migration.apply(connection, cluster);
  }
}

function pendingAfter(applied: number): readonly Migration[] {
  return migrations.filter(({ number }) => number > applied);
}

async function createOwnTables(connection: Connection, cluster: string): Promise<void> {
  const clusterTable = qualified(cluster, 'repmgr_cluster');
  // json and text, not jsonb and pg_lsn: PostgreSQL 9.3 has neither.
  await connection.query(
    `CREATE TABLE ${clusterTable} (
       is_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_only_row),
       system_identifier text,
       term bigint NOT NULL DEFAULT 0,
       leader integer,
       record json,
       record_version bigint NOT NULL DEFAULT 0,
       secret text NOT NULL)`,
  );
  await connection.query(
    `CREATE TABLE ${qualified(cluster, 'repmgr_node')} (
       node_id integer PRIMARY KEY,
       api_address text,
       last_seen timestamptz,
       state text,
       role text,
       timeline bigint,
       received_lsn text,
       replayed_lsn text,
       lag_bytes bigint,
       lag_seconds double precision,
       daemon_version text)`,
  );
  await hideSecret(connection, cluster);
}

/** Nullable: rows that are copied to a witness may come from metadata without them. */
async function addSecretColumns(connection: Connection, cluster: string): Promise<void> {
  await connection.query(
    `ALTER TABLE ${qualified(cluster, 'repmgr_cluster')}
       ADD COLUMN next_secret text, ADD COLUMN former_secret text, ADD COLUMN secret_version bigint`,
  );
}

/** Takes back what default privileges may have granted, then opens every column but the secret. */
async function hideSecret(connection: Connection, cluster: string): Promise<void> {
  const table = qualified(cluster, 'repmgr_cluster');
  const grantees = await connection.query<{ grantee: string }>(
    `SELECT DISTINCT CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END AS grantee
       FROM pg_class c, aclexplode(c.relacl) AS acl
      WHERE c.oid = $1::regclass AND acl.grantee <> c.relowner`,
    [table],
  );
  for (const { grantee } of grantees) await connection.query(`REVOKE ALL ON ${table} FROM ${grantee}`);
  await connection.query(
    `GRANT SELECT (is_only_row, system_identifier, term, leader, record, record_version) ON ${table} TO PUBLIC`,
  );
}
