/** The primary's host is suspended with half a lease to go, and wakes after another has won. */
import { type NamedHistory, tell } from './named-history.ts';

export const frozenForAnHour: NamedHistory = {
  name: '05 frozen for an hour',
  rules: 'contact',
  variants: [false, true].map((isHidden) => ({
    name: isHidden ? 'no clock shows it' : 'its clocks show it',
    options: tell({
      nodes: 3,
      faults: [{ kind: 'suspendHost', atMs: 2_000, target: 1, forMs: 20_000, isHidden }],
      quietAtMs: 25_000,
    }),
  })),
};
