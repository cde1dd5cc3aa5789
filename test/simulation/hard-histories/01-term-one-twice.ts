/** The recorded primary is cut off in the middle of winning the first term, and the others go on without it. */
import { type NamedHistory, tell } from './named-history.ts';

export const termOneTwice: NamedHistory = {
  name: '01 term one twice',
  rules: '0',
  variants: [-4_000, -3_700, -3_400, -3_100].map((atMs) => ({
    name: `cut off ${5_000 + atMs} ms after the start`,
    options: tell({
      nodes: 3,
      faults: [{ kind: 'isolate', atMs, target: 1, forMs: 25_000 }],
      quietAtMs: 26_000,
    }),
  })),
};
