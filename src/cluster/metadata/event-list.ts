/** What `repl_events` holds, newest first, for those who ask what happened to the cluster. */
import type { Connection, QueryOptions } from '../../postgres/connection.ts';
import { qualified } from './names.ts';

export interface EventFilter {
  readonly nodeId?: number | undefined;
  /** Of the node as it is registered now. */
  readonly nodeName?: string | undefined;
  readonly event?: string | undefined;
  /** Undefined: all. */
  readonly limit: number | undefined;
}

export interface RecordedEvent {
  readonly nodeId: number;
  /** Undefined for a node that is not registered any more. */
  readonly nodeName: string | undefined;
  readonly event: string;
  readonly isSuccessful: boolean;
  readonly time: Date;
  /** The same without fractions, in the time zone of the session. */
  readonly timeText: string;
  readonly details: string | undefined;
}

/** @throws RepmgrError query_failed, query_timeout or connection_lost */
export async function listEvents(
  connection: Connection,
  cluster: string,
  filter: EventFilter,
  options?: QueryOptions,
): Promise<RecordedEvent[]> {
  const rows = await connection.query<{
    node_id: number;
    name: string | null;
    event: string;
    successful: boolean;
    event_timestamp: Date;
    time_text: string;
    details: string | null;
  }>(
    `SELECT recorded.node_id, node.name, recorded.event, recorded.successful, recorded.event_timestamp,
            to_char(recorded.event_timestamp, 'YYYY-MM-DD HH24:MI:SS') AS time_text, recorded.details
       FROM ${qualified(cluster, 'repl_events')} AS recorded
       LEFT JOIN ${qualified(cluster, 'repl_nodes')} AS node ON node.id = recorded.node_id
      WHERE ($1::integer IS NULL OR recorded.node_id = $1)
        AND ($2::text IS NULL OR node.name = $2)
        AND ($3::text IS NULL OR recorded.event = $3)
      ORDER BY recorded.event_timestamp DESC, recorded.ctid DESC
      LIMIT $4`,
    [filter.nodeId ?? null, filter.nodeName ?? null, filter.event ?? null, filter.limit ?? null],
    options,
  );
  return rows.map((row) => ({
    nodeId: row.node_id,
    nodeName: row.name ?? undefined,
    event: row.event,
    isSuccessful: row.successful,
    time: row.event_timestamp,
    timeText: row.time_text,
    details: row.details ?? undefined,
  }));
}
