/**
 * What repmgrd did, event by event, and doing it again: from the state in which the recording began the same events
 * give the same decisions.
 */
import type { Action } from './actions.ts';
import type { Event } from './events.ts';
import type { Explanation } from './explanation.ts';
import type { State } from './state.ts';
import { step } from './step.ts';

/** The first line of a recording; each further line is an `Event`. */
export interface RecordingStart {
  readonly kind: 'repmgrd recording';
  readonly format: 1;
  /** Of the program: another one may decide otherwise. */
  readonly version: string;
  readonly state: State;
}

export interface ReplayedStep {
  readonly event: Event;
  readonly after: State;
  readonly actions: readonly Action[];
  readonly explanations: readonly Explanation[];
}

export function* replay(start: State, events: Iterable<Event>): Generator<ReplayedStep> {
  let state = start;
  for (const event of events) {
    const result = step(state, event);
    state = result.state;
    yield { event, after: state, actions: result.actions, explanations: result.explanations };
  }
}
