/** After a failover somebody removes standby.signal on the old primary and starts it. */
import { type NamedHistory, tell } from './named-history.ts';

export const handOnTheOldPrimary: NamedHistory = {
  name: '12 hand on the old primary',
  rules: '9, 12',
  variants: [true, false].map((isRunning) => ({
    name: isRunning ? 'its repmgrd runs' : 'its repmgrd comes later',
    options: tell({
      nodes: 3,
      settings: { rejoin: 'follow' },
      options: { serviceStartMs: 0, repmgrdRestartMs: isRunning ? 500 : 12_000 },
      faults: [
        { kind: 'losePower', atMs: 0, target: 1, forMs: 12_000 },
        { kind: 'startByHand', atMs: 15_000, target: 1 },
      ],
      quietAtMs: 30_000,
    }),
  })),
};
