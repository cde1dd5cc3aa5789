/**
 * The core at work: events go in one after the other, actions are done in their order, decisions are told. It knows
 * neither servers nor sockets.
 */
import type { Action } from '../failover/actions.ts';
import type { ActionResult, Event, Moment } from '../failover/events.ts';
import type { Explanation } from '../failover/explanation.ts';
import { timeWasLost } from '../failover/clocks.ts';
import { initialState } from '../failover/initial-state.ts';
import type { Instant, MonotonicMs } from '../failover/instant.ts';
import type { Durable } from '../failover/durable.ts';
import type { Settings } from '../failover/settings.ts';
import type { State } from '../failover/state.ts';
import { step } from '../failover/step.ts';
import { ActionQueue, type ImmediateAction, type LastingAction } from './action-queue.ts';
import { readMonotonicMs } from './instant.ts';
import { TickTimer } from './tick-timer.ts';

/** An event without the time and the random number, which the loop adds. */
export type BareEvent = Event extends infer Any
  ? Any extends unknown
    ? Omit<Any, keyof Moment>
    : never
  : never;

export interface LoopOptions {
  readonly settings: Settings;
  readonly now: () => Instant;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** The word of the guard, if there is one. */
  readonly guardedUntil: () => MonotonicMs | null;
  readonly persist: (durable: Durable) => Promise<void>;
  readonly doNow: (action: Exclude<ImmediateAction, { readonly kind: 'setTimer' }>) => void;
  readonly perform: (action: LastingAction, signal: AbortSignal) => Promise<ActionResult>;
  /** After each step, once its actions are on their way. */
  readonly onStep: (taken: StepTaken) => void;
}

export interface StepTaken {
  readonly event: Event;
  readonly before: State;
  readonly after: State;
  readonly actions: readonly Action[];
  readonly explanations: readonly Explanation[];
}

export class FailoverLoop {
  readonly #options: LoopOptions;
  readonly #queue: ActionQueue;
  readonly #timer: TickTimer;
  #state: State;
  #isClosed = false;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#state = initialState(options.settings);
    this.#timer = new TickTimer(readMonotonicMs, () => this.handle({ kind: 'tick' }));
    this.#queue = new ActionQueue({
      persist: options.persist,
      perform: options.perform,
      doNow: (action) => {
        if (action.kind === 'setTimer') this.#timer.set(action.at);
        else options.doNow(action);
      },
      onFinished: (id, result) => this.handle({ kind: 'actionFinished', id, result }),
      onFailed: (id, reason, wasBegun) => this.handle({ kind: 'actionFailed', id, reason, wasBegun }),
    });
  }

  get state(): State {
    return this.#state;
  }

  handle(bare: BareEvent): void {
    if (this.#isClosed) return;
    const before = this.#state;
    const now = this.#options.now();
    const guarded = timeWasLost(before, before.now, now)
      ? { guardedUntil: this.#options.guardedUntil() }
      : {};
    const event = { ...bare, now, random: this.#options.random(), ...guarded } as Event;
    const { state: after, actions, explanations } = step(before, event);
    this.#state = after;
    this.#queue.add(actions);
    this.#options.onStep({ event, before, after, actions, explanations });
  }

  /** Nothing more is decided or begun; the guard stays. */
  close(): void {
    this.#isClosed = true;
    this.#timer.stop();
    this.#queue.close();
  }
}
