/** The record: the one small document that the voters keep together; only a leader changes it, one change at a time. */
import type { NodeId } from '../model/node.ts';
import type { Term } from './term.ts';

export interface RecordVersion {
  readonly term: Term;
  readonly number: number;
}

export interface Pause {
  readonly reason: string;
  readonly lengthMs: number;
  /** The leader that it belongs to, and its term when the pause began. */
  readonly leader: NodeId;
  readonly term: Term;
  /** Tells pauses apart: the request that it came with. */
  readonly requestId: string;
}

export interface SynchronousQuorum {
  readonly names: readonly NodeId[];
  /** K of `ANY K (...)`; 0: nobody is waited for. */
  readonly required: number;
}

export interface VoterRecord {
  readonly version: RecordVersion;
  readonly voters: readonly NodeId[];
  /** The voter set that `voters` replaces, until the change is in force; null while no change of the set is pending. */
  readonly replacedVoters: readonly NodeId[] | null;
  /** The last node that joined, and in which life of its repmgrd: it is a member as from then, with nothing to remember. */
  readonly joining: { readonly node: NodeId; readonly incarnation: string } | null;
  readonly pause: Pause | null;
  readonly synchronous: SynchronousQuorum;
  /** The last automatic failovers, newest last, by wall clock; for `failover_limit`. */
  readonly failovers: readonly { readonly term: Term; readonly wallMs: number }[];
}
