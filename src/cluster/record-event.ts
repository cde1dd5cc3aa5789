/**
 * Tells the world what was done: a row in `repl_events`, then the notification commands of repmgr.conf. Whatever goes
 * wrong here is a WARNING; the operation that is reported has already happened (docs/events.md).
 */
import type { Config } from '../config/resolve.ts';
import { RepmgrError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { redactConninfo } from '../model/conninfo.ts';
import type { NodeId } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import { insertEvent } from './metadata/events.ts';
import { type RelatedNode, runNotificationCommands } from './notification-commands.ts';

export interface ClusterEvent {
  /** The node that the event is about; for an unregistration the one that was removed. */
  readonly nodeId: NodeId;
  /** `standby_promote`, ...: the list is in docs/events.md. */
  readonly name: string;
  readonly isSuccessful: boolean;
  readonly details?: string | undefined;
  /** For %a, %c and %p: the primary, the node that is followed, the node that was demoted. */
  readonly related?: RelatedNode | undefined;
}

export interface EventContext {
  /** To the primary; undefined where none can be reached: then there is no row, and the commands still run. */
  readonly connection: Connection | undefined;
  readonly config: Config;
  readonly log: Logger;
  readonly event: ClusterEvent;
}

/** Never throws, and never takes longer than the time limits of one statement and of one command. */
export async function recordEvent({ connection, config, log, event }: EventContext): Promise<void> {
  try {
    const details = event.details === undefined ? undefined : redactConninfo(event.details);
    const timestamp = connection && (await writeRow(connection, config, log, { ...event, details }));
    await runNotificationCommands(
      config.eventNotificationCommands,
      { ...event, details, timestamp: timestamp ?? localTimestamp(new Date()) },
      log,
    );
  } catch (error) {
    log.warning(`event "${event.name}" could not be reported`, { detail: describe(error) });
  }
}

async function writeRow(
  connection: Connection,
  config: Config,
  log: Logger,
  event: ClusterEvent,
): Promise<string | undefined> {
  try {
    return await insertEvent(connection, config.clusterName, { ...event, details: event.details });
  } catch (error) {
    log.warning(`event "${event.name}" could not be written to the metadata`, { detail: describe(error) });
    return undefined;
  }
}

/** The form of repmgr 3 for a time that no database gave: `YYYY-MM-DD HH:MM:SS+ZZZZ`. */
export function localTimestamp(time: Date): string {
  const offsetMinutes = -time.getTimezoneOffset();
  const shifted = new Date(time.getTime() + offsetMinutes * 60_000).toISOString();
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const offset = `${two(Math.abs(offsetMinutes) / 60)}${two(Math.abs(offsetMinutes) % 60)}`;
  return `${shifted.slice(0, 10)} ${shifted.slice(11, 19)}${offsetMinutes < 0 ? '-' : '+'}${offset}`;
}

function describe(error: unknown): string {
  if (error instanceof RepmgrError) return [error.message, error.detail].filter(Boolean).join(': ');
  return redactConninfo(error instanceof Error ? error.message : String(error));
}
