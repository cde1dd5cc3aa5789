/** Rows of `repl_monitor`, the samples of each standby's lag: counting and deleting old ones (docs/monitoring-history.md). */
import { limits } from '../../limits.ts';
import type { NodeId } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { qualified } from './names.ts';

/** Times are PostgreSQL's text of them, so that no microsecond is lost on the way. */
export interface NewestSample {
  readonly nodeId: NodeId;
  readonly time: string;
}

/** The samples to delete: up to a time, of one node or of all, without the newest ones. */
export interface HistorySelection {
  readonly until: string;
  readonly nodeId: NodeId | undefined;
  readonly kept: readonly NewestSample[];
}

/** Whole tables are read here, and they may hold many millions of rows. */
const patience = { deadlineMs: limits.historyStatementMs } as const;

/**
 * The time of the newest sample that is old enough: of all of them where `keepDays` is 0.
 * @returns undefined where there is none
 */
export async function historyCutoff(
  connection: Connection,
  cluster: string,
  keepDays: number,
): Promise<string | undefined> {
  const [row] = await connection.query<{ until: string | null }>(
    `SELECT max(last_monitor_time)::text AS until FROM ${historyOf(cluster)}
      WHERE $1 = 0 OR last_monitor_time <= now() - $1 * interval '1 day'`,
    [keepDays],
    patience,
  );
  return row?.until ?? undefined;
}

/** The newest sample of each registered node that has one: without it the node would vanish from `repl_status`. */
export async function newestSamples(connection: Connection, cluster: string): Promise<NewestSample[]> {
  const rows = await connection.query<{ id: number; time: string | null }>(
    `SELECT id, (SELECT max(last_monitor_time)::text FROM ${historyOf(cluster)} WHERE standby_node = id) AS time
       FROM ${qualified(cluster, 'repl_nodes')} ORDER BY id`,
    [],
    patience,
  );
  return rows.flatMap(({ id, time }) => (time === null ? [] : [{ nodeId: id as NodeId, time }]));
}

/** Whether the node has any sample, registered or not. */
export async function hasSamples(connection: Connection, cluster: string, id: NodeId): Promise<boolean> {
  const rows = await connection.query(
    `SELECT 1 FROM ${historyOf(cluster)} WHERE standby_node = $1 LIMIT 1`,
    [id],
    patience,
  );
  return rows.length > 0;
}

export async function countSamples(
  connection: Connection,
  cluster: string,
  selection: HistorySelection,
): Promise<number> {
  const { condition, parameters } = conditionOf(selection);
  const [row] = await connection.query<{ count: string }>(
    `SELECT count(*) AS count FROM ${historyOf(cluster)} WHERE ${condition}`,
    parameters,
    patience,
  );
  return Number(row?.count ?? 0);
}

/**
 * Deletes the oldest of the selected samples, in a transaction of its own: those of the next `batchRows` rows, and
 * those with the same time as the last of them.
 * @param after the end of the batch before; undefined for the first one
 * @returns how many went, and where the batch ended; undefined where nothing is left
 */
export async function deleteBatch(
  connection: Connection,
  cluster: string,
  selection: HistorySelection,
  after: string | undefined,
): Promise<{ readonly deleted: number; readonly end: string } | undefined> {
  const history = historyOf(cluster);
  const start = after ?? '-infinity';
  const [batch] = await connection.query<{ batch_end: string | null }>(
    `SELECT max(last_monitor_time)::text AS batch_end
       FROM (SELECT last_monitor_time FROM ${history}
              WHERE last_monitor_time > $1 AND last_monitor_time <= $2 AND ($3::integer IS NULL OR standby_node = $3)
              ORDER BY last_monitor_time LIMIT ${limits.historyBatchRows}) AS batch`,
    [start, selection.until, selection.nodeId ?? null],
    patience,
  );
  const end = batch?.batch_end ?? undefined;
  if (end === undefined) return undefined;
  const { condition, parameters } = conditionOf({ ...selection, until: end });
  const [row] = await connection.query<{ deleted: string }>(
    `WITH gone AS (DELETE FROM ${history}
                    WHERE last_monitor_time > $${parameters.length + 1} AND ${condition} RETURNING 1)
     SELECT count(*) AS deleted FROM gone`,
    [...parameters, start],
    patience,
  );
  return { deleted: Number(row?.deleted ?? 0), end };
}

/** Only its owner, and superusers, may vacuum a table. */
export async function mayVacuumHistory(connection: Connection, cluster: string): Promise<boolean> {
  const [row] = await connection.query<{ is_allowed: boolean }>(
    `SELECT pg_catalog.pg_has_role(relowner, 'USAGE') AS is_allowed FROM pg_catalog.pg_class WHERE oid = $1::regclass`,
    [historyOf(cluster)],
  );
  return row?.is_allowed === true;
}

/** @throws RepmgrError query_failed, query_timeout or connection_lost */
export async function vacuumHistory(connection: Connection, cluster: string): Promise<void> {
  await connection.query(`VACUUM ${historyOf(cluster)}`, [], patience);
}

function historyOf(cluster: string): string {
  return qualified(cluster, 'repl_monitor');
}

function conditionOf({ until, nodeId, kept }: HistorySelection): {
  readonly condition: string;
  readonly parameters: readonly unknown[];
} {
  const parameters: unknown[] = [until, nodeId ?? null];
  const pairs = kept.map((sample) => {
    parameters.push(sample.nodeId, sample.time);
    return `($${parameters.length - 1}::integer, $${parameters.length}::timestamptz)`;
  });
  const isKept =
    pairs.length === 0 ? '' : ` AND (standby_node, last_monitor_time) NOT IN (VALUES ${pairs.join(', ')})`;
  return {
    condition: `last_monitor_time <= $1 AND ($2::integer IS NULL OR standby_node = $2)${isKept}`,
    parameters,
  };
}
