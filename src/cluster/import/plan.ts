/** Decides whether metadata of repmgr 5 can be imported, and says in words what will be done. Pure. */
import { failure } from '../../errors.ts';
import { parseConninfo } from '../../model/conninfo.ts';
import { type NodeRecord, toNodeId } from '../../model/node.ts';
import { describeMigrations } from '../metadata/migrations.ts';
import { quoteIdentifier, schemaName } from '../metadata/names.ts';
import type { Repmgr5Metadata, Repmgr5Node } from './repmgr5.ts';

/**
 * @param present the nodes of this cluster that our metadata have; undefined where there is no schema yet
 * @returns the steps in words
 * @throws RepmgrError metadata_already_there, metadata_rows_unfit
 */
export function planImport(
  cluster: string,
  metadata: Repmgr5Metadata,
  present: readonly NodeRecord[] | undefined,
): readonly string[] {
  if (present !== undefined) refusePresent(cluster, present);
  refuseUnfitRows(metadata.nodes);
  return [
    `create schema "${schemaName(cluster)}"`,
    ...describeMigrations(0),
    ...metadata.nodes.map(({ name, id, type, isActive }) => {
      const active = isActive ? '' : ', inactive';
      return `take over node "${name}" (ID: ${id}): ${type}${active}`;
    }),
    `copy ${counted(metadata.events, 'event')}`,
    describeHistory(metadata),
  ];
}

/** What was or will be imported, as one phrase. */
export function summaryOf({ nodes, events, history }: Repmgr5Metadata): string {
  return `${counted(nodes.length, 'node')}, ${counted(events, 'event')}, ${counted(history, 'row')} of monitoring history`;
}

function describeHistory({ history, unregistered }: Repmgr5Metadata): string {
  const copied = `copy ${counted(history, 'row')} of monitoring history`;
  if (unregistered.length === 0) return copied;
  const nodes = unregistered.map(({ nodeId, rows }) => `${nodeId} (${counted(rows, 'row')})`);
  return `${copied}, also that of nodes that are not registered any more: ${nodes.join(', ')}`;
}

function refusePresent(cluster: string, nodes: readonly NodeRecord[]): void {
  const schema = quoteIdentifier(schemaName(cluster));
  const names = nodes.map(({ name, id }) => `"${name}" (ID: ${id})`);
  throw failure('metadata_already_there', {
    message: `cluster "${cluster}" has metadata of its own already`,
    detail: `Schema ${schema} has ${names.length === 0 ? 'no node yet' : names.join(', ')}.`,
    hint: `If they were imported before, all is done: look with "repmgr cluster show". To import anew: DROP SCHEMA ${schema} CASCADE; for repmgr.conf alone add --config-only.`,
  });
}

function refuseUnfitRows(nodes: readonly Repmgr5Node[]): void {
  const unfit = nodes.flatMap((node) => {
    const reasons = reasonsAgainst(node, nodes);
    return reasons.length === 0 ? [] : [`node ${node.id}: ${reasons.join(', ')}`];
  });
  if (nodes.length === 0) unfit.push('there is no row at all');
  if (unfit.length === 0) return;
  throw failure('metadata_rows_unfit', {
    message: 'rows of repmgr.nodes cannot be taken over; nothing was changed',
    detail: unfit.join('\n'),
    hint: 'Correct them with repmgr 5 ("repmgr cluster show" of it lists them), or by UPDATE on repmgr.nodes.',
  });
}

function reasonsAgainst(
  { id, name, type, conninfo, isActive }: Repmgr5Node,
  nodes: readonly Repmgr5Node[],
): readonly string[] {
  const others = nodes.filter((other) => other.id !== id);
  const twin = others.find((other) => other.name === name);
  const rival = others.find((other) => other.type === 'primary' && other.isActive);
  const isPrimary = type === 'primary' && isActive;
  const reasons: readonly (readonly [boolean, string])[] = [
    [toNodeId(id) === undefined, 'its id is not a whole number from 1 on'],
    [!['primary', 'standby', 'witness'].includes(type), `nodes of type "${type}" do not exist here`],
    [name === '', 'it has no name'],
    [name !== '' && twin !== undefined, `node ${twin?.id} has the same name`],
    [isPrimary && rival !== undefined, `node ${rival?.id} is an active primary too`],
    [conninfo === '', 'it has no conninfo'],
    [parseConninfo(conninfo).kind === 'invalid', 'its conninfo cannot be understood'],
  ];
  return reasons.filter(([applies]) => applies).map(([, reason]) => reason);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
