/** Changes of the record: one at a time, each in force when a quorum of the old and of the new set stored it (rule 10). */
import type { RegisteredNode } from './settings.ts';
import { noTerm, type Term } from './term.ts';
import type { VoterRecord } from './voter-record.ts';

/** The first record names all that are registered (rule 0). */
export function firstRecord(nodes: readonly RegisteredNode[]): VoterRecord {
  return {
    version: { term: noTerm, number: 1 },
    voters: nodes.map(({ id }) => id),
    replacedVoters: null,
    pause: null,
    synchronous: { names: [], required: 0 },
    failovers: [],
  };
}

/** The same record as the first one of a term. */
export function restamped(record: VoterRecord, term: Term): VoterRecord {
  return { ...record, version: { term, number: 1 } };
}
