/** How long the answers of a pre-vote are waited for: the others may be near or far. */
import type { MonotonicMs } from './instant.ts';
import { bounds } from './bounds.ts';
import { passesByItself } from './evidence.ts';
import { yielderHasTail } from './missing-wal.ts';
import type { Canvassing, State } from './state.ts';
import { later } from './turn.ts';

/** @param isEnough whether the answers that came would win */
export function roundEndsAt(state: State, role: Canvassing, isEnough: boolean): MonotonicMs {
  return later(role.begunAt, isEnough ? patienceForRest(state, role) : patienceForEnough(role));
}

/** Nobody's WAL is to be left behind: who yielded lives, and the others are about as far away as the first. */
function patienceForRest(state: State, { answers, begunAt, heardAt }: Canvassing): number {
  const { leader } = state.durable;
  if (yielderHasTail(state) && !answers.some(([node]) => node === leader?.node)) {
    return bounds.distantStatusRoundMs;
  }
  const distanceMs = heardAt === null ? 0 : heardAt - begunAt;
  return Math.min(Math.max(bounds.statusRoundMs, 2 * distanceMs), bounds.distantStatusRoundMs);
}

/** Where some refuse for a known time its end is waited for instead. */
function patienceForEnough({ answers }: Canvassing): number {
  const isPassing = answers.some(([, { refusal }]) => passesByItself(refusal));
  return isPassing ? bounds.statusRoundMs : bounds.distantStatusRoundMs;
}
