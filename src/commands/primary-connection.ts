/** The primary, wherever the command is run: found by the nodes that the local server knows. */
import { requirePrimary } from '../cluster/find-primary.ts';
import { requireSchema } from '../cluster/metadata/schema.ts';
import { failure, RepmgrError } from '../errors.ts';
import type { Connection } from '../postgres/connection.ts';
import type { CommandContext } from './command.ts';
import { connectLocally, requireConfig } from './local-node.ts';

/**
 * The caller closes the connection.
 * @throws RepmgrError as connectLocally() and requireSchema(); primary_not_found and several_primaries
 */
export async function connectToPrimary(context: CommandContext): Promise<Connection> {
  const { clusterName } = requireConfig(context);
  const local = await connectLocally(context);
  try {
    await requireSchema(local, clusterName);
    return (await requirePrimary(local, clusterName, context)).connection;
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code !== 'primary_not_found') throw error;
    const { message, detail, hint, cause } = error;
    throw failure(error.code, { message, detail, hint, cause, exit: 'connectionFailed' });
  } finally {
    await local.close();
  }
}
