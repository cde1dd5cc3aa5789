/** Puts back what makes the next start of a primary read-only, where somebody took it away (rule 9). */
import type { State } from '../failover/state.ts';
import { isRunning } from '../failover/turn.ts';
import type { Logger } from '../log/logger.ts';

export interface SafeStartUpkeepOptions {
  readonly state: () => State;
  readonly safeStart: {
    /** @throws the system's error */
    readonly isArmed: () => Promise<boolean>;
    /** @throws Error where a recovery target is set; the system's error */
    readonly arm: () => Promise<void>;
  };
  readonly log: Logger;
}

export class SafeStartUpkeep {
  readonly #options: SafeStartUpkeepOptions;
  /** That it is missing was told, and it was not there since. */
  #isTold = false;

  constructor(options: SafeStartUpkeepOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { state, safeStart } = this.#options;
    if (!isWanted(state())) return;
    if (await safeStart.isArmed()) {
      this.#isTold = false;
      return;
    }
    // A pause may have begun meanwhile, which takes it away.
    if (isWanted(state())) await this.#putBack();
  }

  async #putBack(): Promise<void> {
    const { safeStart, log } = this.#options;
    let failure: string | undefined;
    try {
      await safeStart.arm();
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    if (this.#isTold) return;
    this.#isTold = true;
    const what = 'what makes the next start of this primary read-only was missing';
    log.warning(failure === undefined ? `${what}: it was put back` : `${what}, and cannot be put back`, {
      detail: failure ?? 'standby.signal, or settings that repmgrd keeps in postgresql.auto.conf, were gone.',
      hint: 'Before work that needs the server without them: repmgr daemon pause. For good: safe_start=off in repmgr.conf.',
    });
  }
}

function isWanted(state: State): boolean {
  const { role, settings, durable } = state;
  const isServing = role.kind === 'leader' && role.stage === 'serving' && !role.isPaused;
  const isChanging = isRunning(state, 'armSafeStart') || isRunning(state, 'disarmSafeStart');
  return isServing && settings.safeStart && durable.replacedRestartAfterCrash !== null && !isChanging;
}
