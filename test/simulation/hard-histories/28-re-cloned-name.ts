/** One standby alone acknowledged, and is then cloned anew from another that lags. */
import { type NamedHistory, tell } from './named-history.ts';

export const reClonedName: NamedHistory = {
  name: '28 re-cloned name',
  rules: '13',
  variants: [false, true].map((losesState) => ({
    name: losesState ? 'its state file is lost as well' : 'its state file is kept',
    options: tell({
      nodes: 4,
      hasWitness: true,
      settings: { synchronousQuorum: 1 },
      options: { clients: { intervalMs: 30, commitBytes: 300 } },
      faults: [
        { kind: 'cutBothWays', atMs: 0, from: 1, to: 3, forMs: 30_000 },
        { kind: 'cutBothWays', atMs: 2_000, from: 1, to: 2, forMs: 30_000 },
        { kind: 'clone', atMs: 2_000, target: 2, from: 3 },
        ...(losesState ? [{ kind: 'loseState', atMs: 2_500, target: 2 } as const] : []),
        { kind: 'losePower', atMs: 3_000, target: 1, forMs: 25_000 },
      ],
      quietAtMs: 35_000,
    }),
  })),
};
