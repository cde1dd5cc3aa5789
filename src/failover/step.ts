/** The core as one function: an event and a state give the next state, what is to be done, and why. */
import type { Action } from './actions.ts';
import type { Event } from './events.ts';
import type { Explanation } from './explanation.ts';
import type { State } from './state.ts';

export interface StepResult {
  readonly state: State;
  readonly actions: readonly Action[];
  readonly explanations: readonly Explanation[];
}

/** Total and deterministic: any event in any state gives a valid state; nothing is thrown. */
export function step(state: State, event: Event): StepResult {
  return { state: { ...state, now: event.now }, actions: [], explanations: [] };
}
