/** Where the metadata and the servers disagree: the shape that all rules of this folder give. Pure. */
import type { NodeId, NodeRecord } from '../../model/node.ts';
import type { ServerStatus } from '../../postgres/queries/server-status.ts';
import type { NodeObservation } from '../survey.ts';

/** docs/cluster-show.md explains each. */
export const disagreementCodes = [
  'several_primaries',
  'no_primary',
  'several_primary_rows',
  'same_server',
  'unreachable',
  'silent',
  'refusing',
  'inactive_but_running',
  'writable_standby',
  'primary_in_recovery',
  'primary_read_only',
  'other_system_identifier',
  'other_upstream',
  'unknown_upstream',
  'not_attached',
  'timeline_behind',
  'replay_paused',
  'name_differs',
  'slot_missing',
  'slot_not_used',
  'slot_waiting',
  'slot_left_over',
  'logical_slot_lost',
  'logical_slot_not_copied',
  'own_row_missing',
  'own_row_differs',
] as const;

export type DisagreementCode = (typeof disagreementCodes)[number];

export interface Disagreement {
  /** Undefined where the whole cluster is meant. */
  readonly nodeId: NodeId | undefined;
  readonly code: DisagreementCode;
  /** One line, without capital and full stop, as every message. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

export interface AnsweringNode {
  readonly node: NodeRecord;
  readonly status: ServerStatus;
}

/** The nodes that answered, witnesses left out: they replicate nothing. */
export function answeringServers(observations: readonly NodeObservation[]): AnsweringNode[] {
  return observations.flatMap(({ node, answer }) =>
    answer.kind === 'answered' && node.role !== 'witness' ? [{ node, status: answer.status }] : [],
  );
}

/** Nodes that accept writes at this moment, whatever their rows say. */
export function primariesAmong(observations: readonly NodeObservation[]): AnsweringNode[] {
  return answeringServers(observations).filter(({ status }) => !status.isInRecovery);
}

/** `node "node2" (id 2)`: names may be empty or taken twice, ids never. */
export function nameOf(node: NodeRecord): string {
  return `node "${node.name}" (id ${node.id})`;
}

/** `a`, `a and b`, `a, b and c`. */
export function inWords(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
