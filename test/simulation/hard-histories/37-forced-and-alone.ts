/** Two of three are burnt, an operator forces the third; later one of them comes back as it was in a backup. */
import { all, isWell, leads } from './expectations.ts';
import { forcedPromotion, type NamedHistory, tell } from './named-history.ts';

export const forcedAndAlone: NamedHistory = {
  name: '37 forced and alone',
  rules: '12',
  variants: [true, false].map((safeStart) => ({
    name: safeStart ? 'its backup starts read-only' : 'its backup starts writable',
    options: tell({
      nodes: 3,
      settings: { safeStart },
      faults: [
        { kind: 'losePower', atMs: 0, target: 1, forMs: 30_000 },
        { kind: 'losePower', atMs: 0, target: 3, forMs: 90_000 },
        { ...forcedPromotion, atMs: 8_000, target: 2 },
        { kind: 'unregister', atMs: 14_000, target: 3 },
      ],
      quietAtMs: 45_000,
    }),
    complaint: all(leads(2), isWell),
  })),
};
