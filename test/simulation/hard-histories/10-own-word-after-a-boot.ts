/** One of two dies, an operator forces the other; then the first one boots, cut off. */
import { leads } from './expectations.ts';
import { forcedPromotion, type NamedHistory, tell } from './named-history.ts';

export const ownWordAfterABoot: NamedHistory = {
  name: '10 own word after a boot',
  rules: '9',
  variants: [true, false].map((safeStart) => ({
    name: safeStart ? 'a safe start' : 'without a safe start',
    options: tell({
      nodes: 2,
      settings: { safeStart },
      faults: [
        { kind: 'losePower', atMs: 0, target: 1, forMs: 12_000 },
        { ...forcedPromotion, atMs: 7_500, target: 2 },
        { kind: 'isolate', atMs: 9_000, target: 1, forMs: 18_000 },
      ],
      quietAtMs: 30_000,
    }),
    complaint: leads(2),
  })),
};
