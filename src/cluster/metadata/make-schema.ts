/** Makes or completes the metadata schema, and says what to do where PostgreSQL does not allow it. */
import { failure, RepmgrError } from '../../errors.ts';
import { type Connection, sqlStateOf } from '../../postgres/connection.ts';
import { migrate } from './migrations.ts';
import { quoteIdentifier, schemaName } from './names.ts';

/**
 * Call inside a transaction. A schema that cannot be made is exit code 1 in repmgr 3, and mostly a matter of rights.
 * @throws RepmgrError query_failed, query_timeout or connection_lost
 */
export async function makeSchema(connection: Connection, cluster: string): Promise<void> {
  try {
    await migrate(connection, cluster);
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code !== 'query_failed') throw error;
    const isForbidden = sqlStateOf(error) === '42501';
    const { dbname = '', user = '' } = connection.conninfo;
    const [database, role] = [quoteIdentifier(dbname), quoteIdentifier(user)];
    throw failure('query_failed', {
      message: `the metadata in schema "${schemaName(cluster)}" could not be made; nothing was changed`,
      detail: [error.message, error.detail].filter(Boolean).join(': '),
      hint: isForbidden
        ? `As a superuser: GRANT CREATE ON DATABASE ${database} TO ${role}; a schema that exists must belong to ${role}.`
        : error.hint,
      cause: error.cause,
      exit: 'badConfiguration',
    });
  }
}
