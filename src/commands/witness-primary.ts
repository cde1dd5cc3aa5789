/** The primary that a witness is told of: by the connection options, with role and database of its own conninfo. */
import { recordEvent } from '../cluster/record-event.ts';
import { inspectPrimaryOfWitness } from '../cluster/witness/inspect.ts';
import type { PrimaryOfWitness } from '../cluster/witness/registration-plan.ts';
import { failure, RepmgrError } from '../errors.ts';
import { connect, type Connection } from '../postgres/connection.ts';
import { connectionFromOptions, withOwnRole } from './connection-options.ts';
import type { CommandContext } from './command.ts';
import { checkedNodeId, requireConfig } from './local-node.ts';

/**
 * The caller closes the connection.
 * @throws RepmgrError usage where no host is given; connection_failed, password_refused, conninfo_invalid
 */
export async function connectToPrimary(context: CommandContext): Promise<Connection> {
  const { options, environment, signal } = context;
  const { PGHOST, PGPORT, PGSERVICE } = environment;
  const given = connectionFromOptions(options, { PGHOST, PGPORT, PGSERVICE });
  if ([given['host'], given['hostaddr'], given['service'] ?? PGSERVICE].every((place) => !place)) {
    throw failure('usage', {
      message: 'the host of the primary is not given',
      detail: 'A witness has no copy of the metadata before it is registered, so it cannot know the primary.',
      hint: 'Add "-h HOST" (and -p, -U, -d where they differ from "conninfo").',
    });
  }
  return await connect(withOwnRole(given, requireConfig(context)), { signal });
}

type WitnessEvent = 'witness_create' | 'witness_register';

/**
 * Runs a command that makes or registers a witness, and reports how it ended, on the primary and to the notification
 * commands; a dry run reports nothing.
 * @throws whatever `work` throws
 */
export async function reportingWitnessEvent(
  context: CommandContext,
  name: WitnessEvent,
  work: (primary: Connection, facts: PrimaryOfWitness) => Promise<void>,
): Promise<void> {
  const config = requireConfig(context);
  const { log } = context;
  const nodeId = checkedNodeId(config.nodeId, 'node');
  const isDryRun = context.options.dryRun === true;
  const primary = await connectToPrimary(context);
  let hasMetadata = false;
  try {
    const facts = await inspectPrimaryOfWitness(primary, config.clusterName);
    hasMetadata = true;
    await work(primary, facts);
    if (isDryRun) return;
    await recordEvent({ connection: primary, config, log, event: { nodeId, name, isSuccessful: true } });
  } catch (error) {
    if (!isDryRun) {
      const event = { nodeId, name, isSuccessful: false, details: describe(error) };
      await recordEvent({ connection: hasMetadata ? primary : undefined, config, log, event });
    }
    throw error;
  } finally {
    await primary.close();
  }
}

function describe(error: unknown): string {
  if (!(error instanceof RepmgrError)) return 'internal error';
  return [error.message, error.detail].filter(Boolean).join(': ');
}
