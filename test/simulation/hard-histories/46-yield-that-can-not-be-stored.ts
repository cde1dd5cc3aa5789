/** The disk of PostgreSQL and of the state hangs, both at once. */
import { type NamedHistory, tell } from './named-history.ts';

export const yieldThatCanNotBeStored: NamedHistory = {
  name: '46 yield that can not be stored',
  rules: '7',
  variants: [
    {
      name: 'one disk for both',
      options: tell({
        nodes: 3,
        faults: [{ kind: 'hangDisk', atMs: 1_000, target: 1, isStateDisk: false, forMs: 25_000 }],
        quietAtMs: 28_000,
      }),
    },
  ],
};
