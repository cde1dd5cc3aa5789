/** Commits on a primary: written, flushed, then perhaps waiting for synchronous standbys, then acknowledged. */
import type { Branch } from '../world/wal.ts';
import type { SynchronousNames } from './data-directory.ts';
import type { WalStream } from './wal-stream.ts';

export interface Commit {
  readonly branch: Branch;
  readonly lsn: number;
  readonly begunAt: number;
  /** `synchronous_commit=local`: waits for nobody. */
  readonly isLocal: boolean;
  readonly acknowledge: (commit: Commit) => void;
}

export class Commits {
  /** Written, oldest first. */
  #unflushed: Commit[] = [];
  /** Flushed here, oldest first. */
  #waiting: Commit[] = [];
  /** What the backends go by. */
  names: SynchronousNames | undefined;

  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many sessions are busy. */
  get open(): number {
    return this.#waiting.length + this.#unflushed.length;
  }

  get oldestWaitingSince(): number | undefined {
    return this.#waiting[0]?.begunAt;
  }

  write(commit: Commit): void {
    this.#unflushed.push(commit);
  }

  flushed(lsn: number, streams: ReadonlySet<WalStream>): void {
    let count = 0;
    for (const commit of this.#unflushed) {
      if (commit.lsn > lsn) break;
      count += 1;
    }
    for (const commit of this.#unflushed.splice(0, count)) {
      if (commit.isLocal || this.names === undefined) commit.acknowledge(commit);
      else this.#waiting.push(commit);
    }
    this.release(streams);
  }

  /** Lets those go on for whom enough named standbys have flushed. */
  release(streams: ReadonlySet<WalStream>): void {
    if (this.#waiting.length === 0) return;
    const reached = this.#reachedLsn(streams);
    let count = 0;
    for (const commit of this.#waiting) {
      if (commit.lsn > reached) break;
      count += 1;
    }
    for (const commit of this.#waiting.splice(0, count)) commit.acknowledge(commit);
  }

  /** Their sessions are gone: nobody ever learns whether they were made. */
  forget(): void {
    this.#unflushed = [];
    this.#waiting = [];
  }

  #reachedLsn(streams: ReadonlySet<WalStream>): number {
    const { names } = this;
    if (names === undefined) return Number.POSITIVE_INFINITY;
    const flushed: number[] = [];
    for (const stream of streams) if (stream.isNamed) flushed.push(stream.flushedLsn);
    if (flushed.length < names.required) return 0;
    flushed.sort((one, other) => other - one);
    return flushed[names.required - 1] ?? Number.POSITIVE_INFINITY;
  }
}
