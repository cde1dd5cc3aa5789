/** The disk hangs for a while, and nobody could take over. */
import { type NamedHistory, tell } from './named-history.ts';

export const aHiccupOfTheDisk: NamedHistory = {
  name: '34 a hiccup of the disk',
  rules: '7',
  variants: [
    {
      name: 'two of four are dead',
      options: tell({
        nodes: 4,
        faults: [
          { kind: 'losePower', atMs: 0, target: 3, forMs: 30_000 },
          { kind: 'losePower', atMs: 0, target: 4, forMs: 30_000 },
          { kind: 'hangDisk', atMs: 8_000, target: 1, isStateDisk: false, forMs: 11_000 },
        ],
        quietAtMs: 32_000,
      }),
    },
  ],
};
