/** The primary's host is suspended with half a lease to go, and wakes while another wins, or after that. */
import type { Fault } from '../history/faults.ts';
import { type NamedHistory, tell } from './named-history.ts';

/** Acknowledgements of what was sent before wait in the socket, and are the first that is read. */
const slowAnswers: Fault = { kind: 'slowLink', atMs: 0, target: 1, extraMs: 150, loss: 0, forMs: 24_000 };

export const frozenForAnHour: NamedHistory = {
  name: '05 frozen for an hour',
  rules: 'contact',
  variants: [
    { name: 'its clocks show it', forMs: 20_000, isHidden: false, faults: [] },
    { name: 'no clock shows it', forMs: 20_000, isHidden: true, faults: [] },
    ...[5_000, 5_100, 5_200, 5_300, 5_400, 5_500].map((forMs) => ({
      name: `for ${forMs} ms, and old answers wait for it`,
      forMs,
      isHidden: false,
      faults: [slowAnswers],
    })),
  ].map(({ name, forMs, isHidden, faults }) => ({
    name,
    options: (seed: number) => {
      const options = tell({
        nodes: 4,
        faults: [{ kind: 'suspendHost', atMs: 2_000, target: 1, forMs, isHidden }, ...faults],
        quietAtMs: 25_000,
      })(seed);
      return { ...options, habits: { ...options.habits, promotionMs: 400 } };
    },
  })),
};
