/** One step in the making: the state as it stands so far, and what has been decided to do. Never leaves `step`. */
import type { NodeId } from '../model/node.ts';
import type { Action } from './actions.ts';
import type { Durable } from './durable.ts';
import type { Moment } from './events.ts';
import type { Decision, Evidence, Explanation } from './explanation.ts';
import { copyOf } from './initial-state.ts';
import type { MonotonicMs } from './instant.ts';
import type { Message } from './messages.ts';
import type { ActionPurpose, Role, State } from './state.ts';

export interface Turn {
  /** A copy of this step's own: what it is made of is shared with the state before, and never changed. */
  readonly state: State;
  readonly now: MonotonicMs;
  readonly random: number;
  readonly actions: Action[];
  readonly explanations: Explanation[];
}

export function beginTurn(state: State, { now, random }: Moment): Turn {
  const turn = { state: copyOf(state), now: now.monotonicMs, random, actions: [], explanations: [] };
  change(turn, { now });
  return turn;
}

export function change(turn: Turn, part: Partial<State>): void {
  Object.assign(turn.state, part);
}

/** Changes what must outlive a crash; `step` puts one `persist` before everything that rests on it. */
export function store(turn: Turn, part: Partial<Durable>): void {
  change(turn, { durable: { ...turn.state.durable, ...part } });
}

export function become(turn: Turn, role: Role): void {
  change(turn, { role });
}

export function act(turn: Turn, action: Action): void {
  turn.actions.push(action);
}

export function send(turn: Turn, to: NodeId, message: Message): void {
  turn.actions.push({ kind: 'send', to, message });
}

/** Begins an action whose end is an event; an older one for the same purpose is no longer listened to. */
export function begin(turn: Turn, purpose: ActionPurpose, make: (id: number) => Action): void {
  const { running, nextActionId: id } = turn.state;
  const others = running.filter((it) => it.purpose !== purpose);
  change(turn, { running: [...others, { id, purpose, begunAt: turn.now }], nextActionId: id + 1 });
  turn.actions.push(make(id));
}

/** No longer listens to what is under way for this purpose. */
export function abandon(turn: Turn, purpose: ActionPurpose): void {
  if (isRunning(turn.state, purpose)) {
    change(turn, { running: turn.state.running.filter((it) => it.purpose !== purpose) });
  }
}

export function isRunning(state: State, purpose: ActionPurpose): boolean {
  return state.running.some((it) => it.purpose === purpose);
}

export function explain(
  turn: Turn,
  rule: number,
  decision: Decision,
  sentence: string,
  evidence: Evidence = {},
): void {
  turn.explanations.push({ rule, decision, sentence, evidence });
}

export function later(now: MonotonicMs, ms: number): MonotonicMs {
  return (now + ms) as MonotonicMs;
}

/** Stands for "never" where a time is wanted: JSON has no infinity. */
export const never = Number.MAX_SAFE_INTEGER as MonotonicMs;
