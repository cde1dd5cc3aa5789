/**
 * Up to 12 a reload has the startup process try once more to stream; then it pauses for as long as it was told. Whether it
 * does is seen by its wait event, and by how often it has slept: more often than before the reload.
 */
import { RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { type StartupProcess, startupProcess } from '../../postgres/queries/startup-process.ts';
import { timesSlept } from '../../system/processes.ts';
import type { OwnServer, PerformContext } from './context.ts';
import { longPause } from './receiver-settings.ts';

/** PostgreSQL 10 to 12 call it so. */
const pausing = 'RecoveryWalStream';

export class RetryPause {
  readonly #look: () => Promise<StartupProcess | undefined>;
  readonly #pid: number;
  readonly #sleptBefore: number;

  private constructor(
    look: () => Promise<StartupProcess | undefined>,
    { pid }: StartupProcess,
    sleptBefore: number,
  ) {
    this.#look = look;
    this.#pid = pid;
    this.#sleptBefore = sleptBefore;
  }

  /**
   * To be called before the reload.
   * @returns undefined where it cannot be told: another version, a server or a system that does not tell
   * @throws RepmgrError interrupted
   */
  static async before(
    { connections, signal }: PerformContext,
    server: OwnServer,
  ): Promise<RetryPause | undefined> {
    const { canReloadPrimaryConninfo, hasBackendType } = server.version.capabilities;
    if (canReloadPrimaryConninfo || !hasBackendType) return undefined;
    const look = async (): Promise<StartupProcess | undefined> => {
      try {
        const control = await connections.get('control');
        return await startupProcess(control, { deadlineMs: limits.freezeMs, signal });
      } catch (error) {
        if (error instanceof RepmgrError && error.code !== 'interrupted') return undefined;
        throw error;
      }
    };
    const startup = await look();
    const slept = startup && timesSlept(startup.pid);
    return startup === undefined || slept === undefined ? undefined : new RetryPause(look, startup, slept);
  }

  /** Whether it is in a pause that it began after the reload. @throws RepmgrError interrupted */
  async hasBegun(): Promise<boolean> {
    const slept = timesSlept(this.#pid);
    const startup = await this.#look();
    const isOfNow =
      startup?.pid === this.#pid && startup.retryPause === longPause && startup.waitsFor === pausing;
    return isOfNow && slept !== this.#sleptBefore && slept === timesSlept(this.#pid);
  }
}
