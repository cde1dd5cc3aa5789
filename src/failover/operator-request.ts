/** What an operator asks a repmgrd for, by a command. */
import type { NodeId } from '../model/node.ts';

export type OperatorRequest =
  | { readonly kind: 'pause'; readonly lengthMs: number; readonly reason: string }
  | { readonly kind: 'unpause'; readonly isForced: boolean }
  | { readonly kind: 'switchover'; readonly to: NodeId }
  /** An operator's election on this node; forced: without a quorum (rule 12). */
  | { readonly kind: 'promote'; readonly isForced: boolean }
  /** Let this node's standby stream from that one: the primary, or another standby. */
  | { readonly kind: 'follow'; readonly node: NodeId }
  /** Take this node (registered already) into the voter set. */
  | { readonly kind: 'join'; readonly node: NodeId }
  | { readonly kind: 'leave'; readonly node: NodeId }
  /** Of one node, which need not be the one that is asked; null: it is. A length of 0 ends it. */
  | { readonly kind: 'maintenance'; readonly node: NodeId | null; readonly lengthMs: number }
  | { readonly kind: 'synchronousQuorum'; readonly required: number };
