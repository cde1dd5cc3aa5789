/** The first record of a cluster, and the first one of each term. */
import type { RegisteredNode } from './settings.ts';
import { noTerm, type Term } from './term.ts';
import type { VoterRecord } from './voter-record.ts';

/** It names all that are registered, by this node's metadata: the greater set is the newer one (rule 0). */
export function firstRecord(nodes: readonly RegisteredNode[]): VoterRecord {
  return {
    version: { term: noTerm, number: nodes.length },
    voters: nodes.map(({ id }) => id),
    replacedVoters: null,
    joining: null,
    pause: null,
    synchronous: { names: [], required: 0 },
    failovers: [],
  };
}

/** The same record as the first one of a term. */
export function restamped(record: VoterRecord, term: Term): VoterRecord {
  return { ...record, version: { term, number: 1 } };
}
