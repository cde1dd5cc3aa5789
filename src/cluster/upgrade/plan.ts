/** Decides how metadata of repmgr 2 become those of repmgr 3. Pure: what was found in, SQL out (docs/upgrading.md). */
import { failure } from '../../errors.ts';
import { type NodeId, toNodeId } from '../../model/node.ts';
import { parseConninfo } from '../../model/conninfo.ts';
import type { SqlStep } from '../../render/sql-script.ts';
import { qualified, quoteIdentifier, schemaName } from '../metadata/names.ts';
import { repmgr3Objects } from '../metadata/repmgr3-objects.ts';
import type { Repmgr2Node, Repmgr2Schema } from './repmgr2.ts';

/** The name that repmgr's own script gave the old table. */
export const oldTable = 'repl_nodes2_0';

/**
 * @param primaryId the node whose server accepts writes: repmgr 2 has no record of it
 * @throws RepmgrError metadata_already_there, metadata_rows_unfit, node_not_registered
 */
export function planSchemaUpgrade(
  cluster: string,
  { nodes, relations, monitorColumns }: Repmgr2Schema,
  primaryId: NodeId,
): readonly SqlStep[] {
  refuseOldTable(cluster, relations);
  refuseUnfitRows(cluster, nodes);
  refuseUnknownPrimary(nodes, primaryId);
  const kept = new Set([...relations].filter((name) => name !== 'repl_nodes' && name !== 'repl_status'));
  const nodesTable = qualified(cluster, 'repl_nodes');
  return [
    ...when(relations.has('repl_status'), {
      words: 'drop the view of repmgr 2',
      sql: `DROP VIEW ${qualified(cluster, 'repl_status')}`,
    }),
    {
      words: `keep the table of repmgr 2 as ${oldTable}`,
      sql: `ALTER TABLE ${nodesTable} RENAME TO ${quoteIdentifier(oldTable)}`,
    },
    ...when(relations.has('repl_nodes_pkey'), {
      words: 'leave the name of its key to the new table',
      sql: `ALTER INDEX ${qualified(cluster, 'repl_nodes_pkey')} RENAME TO ${oldTable}_pkey`,
    }),
    ...monitorSteps(cluster, monitorColumns),
    ...repmgr3Objects(cluster)
      .filter(([relation]) => !kept.has(relation))
      .map(([relation, sql]) => ({ words: `create ${relation} as repmgr 3 has it`, sql: dedent(sql) })),
    {
      words: `take over ${nodes.length === 1 ? 'the node' : `the ${nodes.length} nodes`}; node ${primaryId} is the primary, priorities become 100 higher`,
      sql: [
        `INSERT INTO ${nodesTable} (id, type, cluster, name, conninfo, priority)`,
        `SELECT id, CASE WHEN id = ${primaryId} THEN 'master' WHEN witness THEN 'witness' ELSE 'standby' END,`,
        '       cluster, name, conninfo, priority + 100',
        `  FROM ${qualified(cluster, oldTable)}`,
      ].join('\n'),
    },
  ];
}

/** Nodes that repmgr 2 never promoted, and repmgr 3 would: their priority is above 0 now. */
export function newlyPromotable(nodes: readonly Repmgr2Node[]): readonly Repmgr2Node[] {
  return nodes.filter(({ priority, witness }) => witness !== true && (priority ?? 0) < 0);
}

function monitorSteps(cluster: string, columns: Repmgr2Schema['monitorColumns']): readonly SqlStep[] {
  if (columns.size === 0) return [];
  const table = qualified(cluster, 'repl_monitor');
  return [
    ...when(!columns.has('last_apply_time'), {
      words: 'add the column of repmgr 3 to the history',
      sql: `ALTER TABLE ${table} ADD COLUMN last_apply_time timestamp with time zone`,
    }),
    ...when(columns.get('last_wal_standby_location')?.isNullable === false, {
      words: 'allow rows of a witness in the history',
      sql: `ALTER TABLE ${table} ALTER COLUMN last_wal_standby_location DROP NOT NULL`,
    }),
  ];
}

function refuseOldTable(cluster: string, relations: ReadonlySet<string>): void {
  if (!relations.has(oldTable)) return;
  throw failure('metadata_already_there', {
    message: `table ${oldTable} is in schema "${schemaName(cluster)}" already`,
    detail: 'An upgrade was begun before, beside the table of repmgr 2 that is there still.',
    hint: `If nothing in it is needed: DROP TABLE ${qualified(cluster, oldTable)};`,
  });
}

function refuseUnfitRows(cluster: string, nodes: readonly Repmgr2Node[]): void {
  const unfit = nodes.flatMap((node) => {
    const reasons = reasonsAgainst(node, cluster, nodes);
    return reasons.length === 0 ? [] : [`node ${node.id ?? 'without id'}: ${reasons.join(', ')}`];
  });
  if (unfit.length === 0) return;
  throw failure('metadata_rows_unfit', {
    message: `${unfit.length === 1 ? 'a row' : `${unfit.length} rows`} of repl_nodes cannot be taken over; nothing was changed`,
    detail: unfit.join('\n'),
    hint: `Correct the rows: UPDATE ${qualified(cluster, 'repl_nodes')} SET ... WHERE id = ...; or delete those of nodes that are gone.`,
  });
}

function reasonsAgainst(
  { id, cluster, name, conninfo, priority, witness }: Repmgr2Node,
  wantedCluster: string,
  nodes: readonly Repmgr2Node[],
): readonly string[] {
  const parsed = conninfo === null ? undefined : parseConninfo(conninfo);
  const others = nodes.filter((other) => other.id !== id && other.name === name);
  const reasons: readonly (readonly [boolean, string])[] = [
    [id === null || toNodeId(id) === undefined, 'its id is not a whole number from 1 on'],
    [cluster !== wantedCluster, `it belongs to cluster "${cluster ?? ''}"`],
    [name === null || name === '', 'it has no name'],
    [name !== null && name !== '' && others.length > 0, `node ${others[0]?.id} has the same name`],
    [conninfo === null || conninfo === '', 'it has no conninfo'],
    [parsed?.kind === 'invalid', 'its conninfo cannot be understood'],
    [priority === null, 'it has no priority'],
    [priority !== null && priority + 100 > 2_147_483_647, 'its priority is too high'],
    [witness === null, 'nothing says whether it is a witness'],
  ];
  return reasons.filter(([applies]) => applies).map(([, reason]) => reason);
}

function refuseUnknownPrimary(nodes: readonly Repmgr2Node[], primaryId: NodeId): void {
  const row = nodes.find(({ id }) => id === primaryId);
  if (row !== undefined && row.witness === false) return;
  throw failure('node_not_registered', {
    message: `node ${primaryId} is ${row === undefined ? 'not among the nodes' : 'a witness'} in the metadata of repmgr 2`,
    detail: `The server of repmgr.conf is the primary. The metadata have ${nodes.map(({ id, name }) => `"${name}" (ID: ${id})`).join(', ') || 'no node'}.`,
    hint: 'Correct "node" in repmgr.conf, or run the command on the primary of this cluster.',
  });
}

function when(applies: boolean, step: SqlStep): readonly SqlStep[] {
  return applies ? [step] : [];
}

/** For people: the statements stand indented in the source. */
function dedent(sql: string): string {
  const lines = sql.split('\n').filter((line) => line.trim() !== '');
  const indents = lines.slice(1).map((line) => line.search(/\S/));
  const [first = '', ...rest] = lines;
  return [first.trim(), ...rest.map((line) => `  ${line.slice(Math.min(...indents))}`)].join('\n');
}
