/** The leader of a pause is gone: for a moment, or for good. */
import { type NamedHistory, tell } from './named-history.ts';

export const aPauseWithoutItsLeader: NamedHistory = {
  name: '44 a pause without its leader',
  rules: '11',
  variants: [4_000, 20_000].map((forMs) => ({
    name: `suspended for ${forMs} ms`,
    options: tell({
      nodes: 3,
      faults: [
        {
          kind: 'request',
          atMs: 0,
          target: 2,
          request: { kind: 'pause', lengthMs: 15_000, reason: 'somebody works on the servers' },
        },
        { kind: 'suspendHost', atMs: 3_000, target: 1, forMs, isHidden: false },
      ],
      quietAtMs: 25_000,
    }),
  })),
};
