/** Ends the sessions that a promotion would wait for: replay may wait for readers for as long as they like (rule 4). */
import { limits } from '../../limits.ts';
import type { Logger } from '../../log/logger.ts';
import type { Lsn } from '../../model/lsn.ts';
import type { Connection, QueryOptions } from '../../postgres/connection.ts';
import type { OwnStatus } from '../../postgres/queries/own-status.ts';
import { replayProgress } from '../../postgres/queries/promotion.ts';
import { endSessions } from '../../postgres/queries/replay.ts';
import { monotonicMs } from '../../system/clock.ts';

/** Everything was replayed: whoever reads meanwhile, a promote_command of the user's for instance, holds nothing up. */
const waitsForWal = /^Recovery(Wal|Retrieve)/;

export class ReplayBlockers {
  readonly #log: Logger;
  #replayed: { readonly lsn: Lsn | undefined; readonly sinceMs: number } | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Call it again and again while replay is waited for: before 13 only standing still tells of a conflict. */
  async end(connection: Connection, { replayedLsn }: OwnStatus, options: QueryOptions): Promise<void> {
    const now = monotonicMs();
    const isStill = this.#replayed !== undefined && this.#replayed.lsn === replayedLsn;
    if (!isStill) this.#replayed = { lsn: replayedLsn, sinceMs: now };
    const isLong = isStill && now - (this.#replayed?.sinceMs ?? now) >= limits.replayStandsStillMs;
    const { waitsFor, snapshotHolders } = await replayProgress(connection, options);
    const isConflict = waitsFor?.startsWith('RecoveryConflict') === true || waitsFor === 'BufferPin';
    const isHeldUp = isConflict || (isLong && !waitsForWal.test(waitsFor ?? ''));
    if (snapshotHolders.length === 0 || !isHeldUp) return;
    const ended = await endSessions(connection, snapshotHolders, options);
    this.#log.notice(`ended ${ended} session${ended === 1 ? '' : 's'} that held up the promotion`, {
      detail: `Processes: ${snapshotHolders.join(', ')}; replay waited for ${waitsFor ?? 'them'}.`,
    });
    this.#replayed = undefined;
  }
}
