/** Rows of `repl_nodes`: who belongs to the cluster. Every change takes the table's lock within one transaction. */
import { failure } from '../../errors.ts';
import type { NodeId, NodeRecord, NodeRole } from '../../model/node.ts';
import type { Connection, QueryOptions } from '../../postgres/connection.ts';
import { qualified } from './names.ts';

/** As SQL and JSON give it. */
export interface NodeRow {
  readonly id: number;
  readonly type: string;
  readonly upstream_node_id: number | null;
  readonly cluster: string;
  readonly name: string;
  readonly conninfo: string;
  readonly slot_name: string | null;
  readonly priority: number;
  readonly active: boolean;
}

export const nodeColumns = 'id, type, upstream_node_id, cluster, name, conninfo, slot_name, priority, active';

/** All nodes, by id. */
export async function listNodes(
  connection: Connection,
  cluster: string,
  options?: QueryOptions,
): Promise<NodeRecord[]> {
  const rows = await connection.query<NodeRow>(
    `SELECT ${nodeColumns} FROM ${qualified(cluster, 'repl_nodes')} ORDER BY id`,
    [],
    options,
  );
  return rows.map(recordOf);
}

/** @returns undefined where no row has this id */
export async function findNode(
  connection: Connection,
  cluster: string,
  id: NodeId,
  options?: QueryOptions,
): Promise<NodeRecord | undefined> {
  const [row] = await connection.query<NodeRow>(
    `SELECT ${nodeColumns} FROM ${qualified(cluster, 'repl_nodes')} WHERE id = $1`,
    [id],
    options,
  );
  return row === undefined ? undefined : recordOf(row);
}

/**
 * Begins a transaction that changes nodes: until its end nobody else changes them, readers go on.
 * @throws whatever `work` throws, after ROLLBACK
 */
export function changeNodes<Result>(
  connection: Connection,
  cluster: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return connection.transaction(async () => {
    await lockNodes(connection, cluster);
    return work();
  });
}

/** The lock of `changeNodes`, for a transaction that has begun already. */
export async function lockNodes(connection: Connection, cluster: string): Promise<void> {
  await connection.query(`LOCK TABLE ${qualified(cluster, 'repl_nodes')} IN SHARE ROW EXCLUSIVE MODE`);
}

/** Call inside `changeNodes`. */
export async function insertNode(connection: Connection, cluster: string, node: NodeRecord): Promise<void> {
  await connection.query(
    `INSERT INTO ${qualified(cluster, 'repl_nodes')} (${nodeColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    valuesOf(node),
  );
}

/** Writes all columns of the row with the node's id. Call inside `changeNodes`. */
export async function updateNode(connection: Connection, cluster: string, node: NodeRecord): Promise<void> {
  await connection.query(
    `UPDATE ${qualified(cluster, 'repl_nodes')}
        SET type = $2, upstream_node_id = $3, cluster = $4, name = $5, conninfo = $6, slot_name = $7,
            priority = $8, active = $9
      WHERE id = $1`,
    valuesOf(node),
  );
}

/** Deletes the row; PostgreSQL refuses while other rows name it as their upstream. Call inside `changeNodes`. */
export async function deleteNode(connection: Connection, cluster: string, id: NodeId): Promise<void> {
  await connection.query(`DELETE FROM ${qualified(cluster, 'repl_nodes')} WHERE id = $1`, [id]);
}

/**
 * Puts these rows in the place of all that are there. One statement writes them, so that their order does not matter
 * for the upstreams that they name. Call inside `changeNodes`.
 */
export async function replaceNodes(
  connection: Connection,
  cluster: string,
  nodes: readonly NodeRecord[],
): Promise<void> {
  const table = qualified(cluster, 'repl_nodes');
  const names = nodeColumns.split(', ');
  const rows = nodes.map((node) => Object.fromEntries(valuesOf(node).map((value, at) => [names[at], value])));
  await connection.query(`DELETE FROM ${table}`);
  await connection.query(
    `INSERT INTO ${table} (${nodeColumns}) SELECT ${nodeColumns} FROM json_populate_recordset(NULL::${table}, $1::json)`,
    [JSON.stringify(rows)],
  );
}

/**
 * In one transaction: every other primary's row inactive, this node's row the active primary without upstream.
 * @throws RepmgrError node_not_registered, or of the statements; nothing is changed then
 */
export async function recordPromotion(connection: Connection, cluster: string, id: NodeId): Promise<void> {
  await changeNodes(connection, cluster, () => makePrimary(connection, cluster, id));
}

/** Call inside `changeNodes`. @throws RepmgrError node_not_registered */
export async function makePrimary(connection: Connection, cluster: string, id: NodeId): Promise<void> {
  const table = qualified(cluster, 'repl_nodes');
  await connection.query(`UPDATE ${table} SET active = false WHERE type = 'master' AND active AND id <> $1`, [
    id,
  ]);
  const updated = await connection.query(
    `UPDATE ${table} SET type = 'master', upstream_node_id = NULL, active = true WHERE id = $1 RETURNING id`,
    [id],
  );
  if (updated.length === 0) throw rowMissing(id);
}

/**
 * The node is an active standby of `upstreamId` from now on.
 * @throws RepmgrError node_not_registered, or of the statements; nothing is changed then
 */
export async function recordFollow(
  connection: Connection,
  cluster: string,
  id: NodeId,
  upstreamId: NodeId,
): Promise<void> {
  await changeNodes(connection, cluster, async () => {
    const updated = await connection.query(
      `UPDATE ${qualified(cluster, 'repl_nodes')}
          SET type = 'standby', upstream_node_id = $2, active = true
        WHERE id = $1 RETURNING id`,
      [id, upstreamId],
    );
    if (updated.length === 0) throw rowMissing(id);
  });
}

function rowMissing(id: NodeId): Error {
  return failure('node_not_registered', {
    message: `node ${id} is not registered`,
    detail: 'The metadata have no row of it any more.',
    hint: 'Register it with "repmgr primary register" or "repmgr standby register".',
  });
}

export function recordOf(row: NodeRow): NodeRecord {
  return {
    id: row.id as NodeId,
    role: row.type === 'master' ? 'primary' : (row.type as NodeRole),
    upstreamNodeId: (row.upstream_node_id ?? undefined) as NodeId | undefined,
    clusterName: row.cluster,
    name: row.name,
    conninfo: row.conninfo,
    slotName: row.slot_name ?? undefined,
    priority: row.priority,
    isActive: row.active,
  };
}

function valuesOf(node: NodeRecord): readonly unknown[] {
  return [
    node.id,
    node.role === 'primary' ? 'master' : node.role,
    node.upstreamNodeId ?? null,
    node.clusterName,
    node.name,
    node.conninfo,
    node.slotName ?? null,
    node.priority,
    node.isActive,
  ];
}
