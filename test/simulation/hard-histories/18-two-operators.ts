/** The primary is dead, the others are cut from each other, and somebody forces each of them; the network heals. */
import { failsOver } from './expectations.ts';
import { forcedPromotion, type NamedHistory, tell } from './named-history.ts';

export const twoOperators: NamedHistory = {
  name: '18 two operators',
  rules: '12',
  variants: [
    { name: 'at the same time', otherAtMs: 8_000 },
    { name: 'one after the other', otherAtMs: 14_000 },
  ].map(({ name, otherAtMs }) => ({
    name,
    options: tell({
      nodes: 3,
      faults: [
        { kind: 'losePower', atMs: 0, target: 1, forMs: 40_000 },
        { kind: 'cutBothWays', atMs: 0, from: 2, to: 3, forMs: 25_000 },
        { ...forcedPromotion, atMs: 8_000, target: 2 },
        { ...forcedPromotion, atMs: otherAtMs, target: 3 },
      ],
      quietAtMs: 42_000,
    }),
    complaint: failsOver(),
  })),
};
