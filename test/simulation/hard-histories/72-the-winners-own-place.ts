/** The only synchronous standby wins, and its repmgrd hangs: the old primary is back, and commits are to go on. */
import { beginMs, type NamedHistory, tell } from './named-history.ts';

/** While the leases that the winner has last long enough that nobody wants an election. */
const endAtMs = beginMs + 7_000;

export const theWinnersOwnPlace: NamedHistory = {
  name: "72 the winner's own place",
  rules: '13',
  variants: [
    {
      name: 'a witness votes',
      options: tell({
        nodes: 3,
        hasWitness: true,
        settings: { synchronousQuorum: 1, hasGuard: false },
        options: { endAtMs },
        faults: [
          { kind: 'killPostmaster', atMs: 3_000, target: 1, orphansMs: 0 },
          {
            kind: 'stopRepmgrd',
            atMs: 3_000,
            when: { decision: 'promotionDone', node: 2, thenMs: 150 },
            target: 2,
            forMs: 20_000,
          },
        ],
        quietAtMs: 30_000,
      }),
    },
  ],
};
