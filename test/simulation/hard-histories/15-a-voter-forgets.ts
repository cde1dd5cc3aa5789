/** A voter votes, its host dies and is back, twice, inside one lease; then it comes back with an empty directory. */
import { type NamedHistory, tell } from './named-history.ts';

export const aVoterForgets: NamedHistory = {
  name: '15 a voter forgets',
  rules: '1, 3',
  variants: [false, true].map((losesState) => ({
    name: losesState ? 'with an empty state directory' : 'twice inside one lease',
    options: tell({
      nodes: 5,
      options: { repmgrdRestartMs: 100, serviceStartMs: 200 },
      faults: [
        { kind: 'losePower', atMs: 0, target: 1, forMs: 25_000 },
        { kind: 'losePower', atMs: 0, when: { decision: 'grantVote', node: 3 }, target: 3, forMs: 300 },
        { kind: 'losePower', atMs: 0, when: { decision: 'grantVote', node: 4 }, target: 4, forMs: 300 },
        { kind: 'losePower', atMs: 7_000, target: 3, forMs: 300 },
        { kind: 'isolate', atMs: 0, when: { decision: 'win' }, target: 'candidate', forMs: 8_000 },
        ...(losesState ? [{ kind: 'loseState', atMs: 7_500, target: 3 } as const] : []),
      ],
      quietAtMs: 30_000,
    }),
  })),
};
