/** The primary's host is suspended with half a lease to go, and wakes after another has won. */
import type { Fault } from '../history/faults.ts';
import { type NamedHistory, tell } from './named-history.ts';

/** Answers to what was sent before wait in the socket, and are all that it hears when it wakes. */
const oldAnswers: readonly Fault[] = [
  { kind: 'slowLink', atMs: 0, target: 1, extraMs: 150, loss: 0, forMs: 24_000 },
  { kind: 'isolate', atMs: 4_000, target: 1, forMs: 15_000 },
];

export const frozenForAnHour: NamedHistory = {
  name: '05 frozen for an hour',
  rules: 'contact',
  variants: [
    { name: 'its clocks show it', forMs: 20_000, isHidden: false, faults: [] },
    { name: 'no clock shows it', forMs: 20_000, isHidden: true, faults: [] },
    ...[7_000, 8_000].map((forMs) => ({
      name: `for ${forMs} ms, and cut off when it wakes with old answers`,
      forMs,
      isHidden: false,
      faults: oldAnswers,
    })),
  ].map(({ name, forMs, isHidden, faults }) => ({
    name,
    options: tell({
      nodes: 4,
      faults: [{ kind: 'suspendHost', atMs: 2_000, target: 1, forMs, isHidden }, ...faults],
      quietAtMs: 25_000,
    }),
  })),
};
