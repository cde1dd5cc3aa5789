/**
 * Does the actions of the core in their order, as src/failover/actions.ts demands it. `persist` blocks what stands
 * behind it; a fence waits for nothing; each action that has an id ends exactly once.
 */
import type { Action } from '../failover/actions.ts';
import type { Durable } from '../failover/durable.ts';
import type { ActionResult } from '../failover/events.ts';
import { ActionNotBegun } from './perform/perform.ts';

export type ImmediateAction = Extract<
  Action,
  {
    readonly kind:
      | 'send'
      | 'setTimer'
      | 'answerOperator'
      | 'recordEvent'
      | 'renewGuard'
      | 'endGuard'
      | 'writeMetadata';
  }
>;
/** Its end is told to the core. */
export type LastingAction = Extract<Action, { readonly id: number }>;

export interface QueueOptions {
  readonly persist: (durable: Durable) => Promise<void>;
  readonly doNow: (action: ImmediateAction) => void;
  /** @throws ActionNotBegun where nothing was done; any other error where it failed on its way */
  readonly perform: (action: LastingAction, signal: AbortSignal) => Promise<ActionResult>;
  readonly onFinished: (id: number, result: ActionResult) => void;
  readonly onFailed: (id: number, reason: string, wasBegun: boolean) => void;
}

interface Running {
  readonly action: LastingAction;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** Actions of one lane change the same things: a later one ends an earlier one, and begins after it. */
const lanes: Partial<Record<LastingAction['kind'], 'receiver' | 'names' | 'safe start'>> = {
  freeze: 'receiver',
  unfreeze: 'receiver',
  follow: 'receiver',
  rejoin: 'receiver',
  startAsStandby: 'receiver',
  restartInPlace: 'receiver',
  hold: 'names',
  release: 'names',
  setSynchronousNames: 'names',
  armSafeStart: 'safe start',
  disarmSafeStart: 'safe start',
};

/** What must not go on, or begin, once PostgreSQL is made to be down. */
const endedByKill: readonly LastingAction['kind'][] = [
  'promote',
  'restartInPlace',
  'startAsStandby',
  'follow',
  'rejoin',
  'armSafeStart',
  'disarmSafeStart',
];

/** Whether the server is another one after it, so that what was seen of it before is old. */
export function changesServer({ kind }: LastingAction): boolean {
  return kind !== 'askServers' && kind !== 'writeWal';
}

export class ActionQueue {
  readonly #options: QueueOptions;
  #waiting: Action[] = [];
  #running: readonly Running[] = [];
  #isPersisting = false;
  #isClosed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  add(actions: readonly Action[]): void {
    if (this.#isClosed) return;
    for (const action of actions) {
      if (action.kind === 'fence') this.#begin(action);
      else this.#waiting.push(action);
    }
    this.#drain();
  }

  /** Nothing more is begun; what runs is told to end. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    for (const { abort } of this.#running) abort.abort();
  }

  #drain(): void {
    while (!this.#isPersisting) {
      const action = this.#waiting.shift();
      if (action === undefined) return;
      if (action.kind === 'persist') void this.#persist(action.durable);
      else if ('id' in action) this.#begin(action);
      else this.#options.doNow(action);
    }
  }

  async #persist(durable: Durable): Promise<void> {
    this.#isPersisting = true;
    try {
      await this.#options.persist(durable);
      this.#isPersisting = false;
      this.#drain();
    } catch (error) {
      this.#isPersisting = false;
      const dropped = this.#waiting;
      this.#waiting = [];
      const reason = reasonOf(error);
      this.#options.onFailed(0, reason, true);
      for (const action of dropped) if ('id' in action) this.#options.onFailed(action.id, reason, false);
    }
  }

  #begin(action: LastingAction): void {
    const isKill = action.kind === 'fence' || action.kind === 'takeDown' || action.kind === 'shutDown';
    if (isKill) this.#endForKill();
    const lane = lanes[action.kind];
    const before = lane === undefined ? [] : this.#running.filter((it) => lanes[it.action.kind] === lane);
    for (const { abort } of before) abort.abort();
    const abort = new AbortController();
    const work = async (): Promise<void> => {
      // A fence sends its first signals within the step that decided on it.
      if (before.length > 0) await Promise.all(before.map(({ ended }) => ended));
      await this.#run(action, abort.signal);
    };
    const running: Running = {
      action,
      abort,
      ended: work().finally(() => {
        this.#running = this.#running.filter((it) => it !== running);
      }),
    };
    this.#running = [...this.#running, running];
  }

  /** Promotions and starts that were asked for before are void, whether they have been begun or not. */
  #endForKill(): void {
    for (const { action, abort } of this.#running) if (endedByKill.includes(action.kind)) abort.abort();
    const isVoid = (action: Action): action is LastingAction =>
      'id' in action && endedByKill.includes(action.kind);
    const dropped = this.#waiting.filter(isVoid);
    this.#waiting = this.#waiting.filter((action) => !isVoid(action));
    // An event of its own each, after the step that brought the kill.
    queueMicrotask(() => {
      for (const { id } of dropped) this.#options.onFailed(id, 'PostgreSQL is made to be down', false);
    });
  }

  async #run(action: LastingAction, signal: AbortSignal): Promise<void> {
    const { perform, onFinished, onFailed } = this.#options;
    try {
      if (signal.aborted) throw new ActionNotBegun('a later action took its place');
      const result = await perform(action, signal);
      if (!this.#isClosed) onFinished(action.id, result);
    } catch (error) {
      if (!this.#isClosed) onFailed(action.id, reasonOf(error), !(error instanceof ActionNotBegun));
    }
  }
}

/** On one line, as part of a sentence: what a command wrote may have many. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const detail = 'detail' in error && typeof error.detail === 'string' ? error.detail : '';
  const reason = [error.message, detail].filter(Boolean).join(': ');
  return reason.trim().replaceAll(/\s*\n\s*/g, '; ');
}
