/** A yield of an old term reaches a voter after its node has won a newer one. */
import { type NamedHistory, tell } from './named-history.ts';

export const yieldOnItsWay: NamedHistory = {
  name: '17 yield on its way',
  rules: 'yield',
  variants: [
    {
      name: 'eight seconds late',
      options: tell({
        nodes: 3,
        faults: [
          { kind: 'delayMessages', atMs: 0, message: 'yield', from: 1, to: 3, byMs: 12_000, forMs: 4_000 },
          { kind: 'killPostmaster', atMs: 500, target: 1, orphansMs: 0 },
          { kind: 'killPostmaster', atMs: 8_000, target: 'primary', orphansMs: 0 },
          { kind: 'isolate', atMs: 12_400, target: 1, forMs: 7_000 },
        ],
        quietAtMs: 25_000,
      }),
    },
  ],
};
