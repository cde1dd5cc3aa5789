/** Two of four are dead, the primary and a witness serve; a new node asks to join and names a much higher term. */
import type { Term } from '../../../src/failover/term.ts';
import type { VoterRecord } from '../../../src/failover/voter-record.ts';
import type { NodeId } from '../../../src/model/node.ts';
import { type NamedHistory, tell } from './named-history.ts';

/** From when it was a member, of a set that is long gone. */
const oldRecord: VoterRecord = {
  version: { term: 0 as Term, number: 0 },
  voters: [1, 2, 3, 5] as NodeId[],
  replacedVoters: null,
  joining: null,
  pause: null,
  synchronous: { names: [], required: 0 },
  failovers: [],
};

export const theJoinerWithATerm: NamedHistory = {
  name: '29 the joiner with a term',
  rules: '4',
  variants: [
    {
      name: 'term 9',
      options: tell({
        nodes: 5,
        hasWitness: true,
        unregistered: [4],
        options: { files: { 4: { term: 9 as Term, record: oldRecord } } },
        faults: [
          { kind: 'losePower', atMs: 0, target: 2, forMs: 40_000 },
          { kind: 'losePower', atMs: 0, target: 3, forMs: 40_000 },
          { kind: 'register', atMs: 8_000, target: 4 },
        ],
        quietAtMs: 42_000,
      }),
      complaint: (world) =>
        world.nodeOf(1)?.server?.incarnation === 1 ? undefined : 'the primary did not serve all the time',
    },
  ],
};
