/**
 * A leader that has no guard, and ends in good order, leaves nobody who would stop its server where it is cut off. It
 * has failover paused before: until it is back, or for shutdown_grace_secs (rule 6 of docs/internals/failover.md).
 */
import { isWritable } from '../failover/own-wal.ts';
import type { State } from '../failover/state.ts';
import { isRunning } from '../failover/turn.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import { waitUntil } from '../system/clock.ts';
import type { OperatorRequests } from './operator-requests.ts';

/** By which the pause of an end is known from an operator's. */
const reason = 'repmgrd was stopped on the primary, where no guard runs';

export interface UnguardedEndOptions {
  readonly state: () => State;
  readonly requests: OperatorRequests;
  readonly log: Logger;
}

export class UnguardedEnd {
  readonly #options: UnguardedEndOptions;
  #isEnding = false;
  #isUnpausing = false;

  constructor(options: UnguardedEndOptions) {
    this.#options = options;
  }

  /** To be called while the core still works; settled when the pause is in force, or a lease later. */
  async pause(): Promise<void> {
    const { state, requests, log } = this.#options;
    const { settings } = state();
    this.#isEnding = true;
    if (!leavesNobody(state())) return;
    const request = { kind: 'pause', reason, lengthMs: settings.shutdownGraceMs } as const;
    const { isAccepted, sentence } = await requests.ask(request, AbortSignal.timeout(settings.leaseMs));
    if (isAccepted) {
      // A server that starts meanwhile must come up as the primary that it was.
      const isDisarmed = async (): Promise<true | undefined> =>
        isRunning(state(), 'disarmSafeStart') ? undefined : true;
      await waitUntil(isDisarmed, { deadlineMs: settings.leaseMs, intervalMs: limits.pollMs });
      log.notice(`failover is paused for ${settings.shutdownGraceMs / 1000} s: ${reason}`);
      return;
    }
    log.warning('failover could not be paused before this repmgrd ends', {
      detail: `${sentence}. No guard stops this primary if it is cut off from the others.`,
      hint: 'Start repmgrd again soon, or stop this server before the others take over.',
    });
  }

  /** This node's repmgrd leads again: the pause of its end is over. */
  endPause(): void {
    const { state, requests } = this.#options;
    if (this.#isEnding || this.#isUnpausing || !isBack(state())) return;
    this.#isUnpausing = true;
    const request = { kind: 'unpause', isForced: false } as const;
    void requests.ask(request, AbortSignal.timeout(state().settings.leaseMs)).then(() => {
      this.#isUnpausing = false;
    });
  }
}

function leavesNobody(state: State): boolean {
  const { role, settings } = state;
  const leads = role.kind === 'leader' && role.stage === 'serving' && !role.isPaused && isWritable(state);
  return leads && !settings.hasGuard && settings.failover === 'automatic';
}

function isBack({ role, durable, settings }: State): boolean {
  const pause = durable.record?.pause;
  const isOwn = pause?.leader === settings.self && pause.reason === reason;
  return isOwn && role.kind === 'leader' && role.stage === 'serving' && role.isPaused;
}
