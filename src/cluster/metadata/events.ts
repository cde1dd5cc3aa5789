/** Rows of `repl_events`: what happened to the cluster, kept for good (docs/events.md). */
import type { NodeId } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { qualified } from './names.ts';

export interface EventRow {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly isSuccessful: boolean;
  readonly details: string | undefined;
  /** Where the row comes late; else PostgreSQL's time counts. */
  readonly happenedAt?: Date | undefined;
}

/** @returns the time that PostgreSQL gave the event, as it prints it (with a blank and the time zone) */
export async function insertEvent(
  connection: Connection,
  cluster: string,
  event: EventRow,
): Promise<string | undefined> {
  const [row] = await connection.query<{ event_timestamp: string }>(
    `INSERT INTO ${qualified(cluster, 'repl_events')} (node_id, event, successful, details, event_timestamp)
     VALUES ($1, $2, $3, $4, coalesce($5::timestamptz, current_timestamp)) RETURNING event_timestamp::text`,
    [event.nodeId, event.name, event.isSuccessful, event.details ?? null, event.happenedAt ?? null],
  );
  return row?.event_timestamp;
}
