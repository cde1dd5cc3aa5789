/** A yield of an old term reaches the voters after its node has won a newer one. */
import { type NamedHistory, tell } from './named-history.ts';

export const yieldOnItsWay: NamedHistory = {
  name: '17 yield on its way',
  rules: 'yield',
  variants: [14_200, 14_500].map((byMs) => ({
    name: `${byMs} ms late`,
    options: tell({
      nodes: 3,
      settingsOf: { 3: { priority: 0 } },
      options: { clients: { intervalMs: 0, commitBytes: 100 } },
      faults: [
        { kind: 'delayMessages', atMs: 0, message: 'yield', from: 1, to: 2, byMs, forMs: 3_000 },
        { kind: 'delayMessages', atMs: 0, message: 'yield', from: 1, to: 3, byMs, forMs: 3_000 },
        { kind: 'killPostmaster', atMs: 600, target: 1, orphansMs: 0 },
        { kind: 'isolate', atMs: 700, target: 1, forMs: 7_000 },
        { kind: 'killPostmaster', atMs: 9_500, target: 2, orphansMs: 0 },
        { kind: 'isolate', atMs: 14_500, target: 1, forMs: 9_000 },
      ],
      quietAtMs: 28_000,
    }),
  })),
};
