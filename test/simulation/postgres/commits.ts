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
  /** What the backends go by, as the checkpointer has put it in force: whether they wait for anybody at all. */
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

  flushed(lsn: number): void {
    let count = 0;
    for (const commit of this.#unflushed) {
      if (commit.lsn > lsn) break;
      count += 1;
    }
    for (const commit of this.#unflushed.splice(0, count)) {
      if (commit.isLocal || this.names === undefined) commit.acknowledge(commit);
      else this.#waiting.push(commit);
    }
  }

  /** Nobody is waited for any more: all go on. */
  releaseAll(): void {
    for (const commit of this.#waiting.splice(0)) commit.acknowledge(commit);
  }

  /** A walsender lets those go on for whom enough standbys have flushed, by the names and the K that itself knows. */
  release(names: SynchronousNames, streams: ReadonlySet<WalStream>): void {
    if (this.#waiting.length === 0) return;
    const reached = reachedLsn(names.required, streams);
    let count = 0;
    for (const commit of this.#waiting) {
      if (commit.lsn > reached) break;
      count += 1;
    }
    for (const commit of this.#waiting.splice(0, count)) commit.acknowledge(commit);
  }

  /** Clients lose patience: those commits are made, with a warning, and acknowledged by nobody. */
  cancelBegunBefore(ms: number): void {
    this.#waiting = this.#waiting.filter(({ begunAt }) => begunAt >= ms);
  }

  /** Their sessions are gone: nobody ever learns whether they were made. */
  forget(): void {
    this.#unflushed = [];
    this.#waiting = [];
  }
}

function reachedLsn(required: number, streams: ReadonlySet<WalStream>): number {
  const flushed: number[] = [];
  for (const stream of streams) if (stream.isNamed) flushed.push(stream.flushedLsn);
  flushed.sort((one, other) => other - one);
  return flushed[required - 1] ?? 0;
}
