/** A commit that waits for synchronous standbys as a client's would: only such a one proves whether commits are held. */
import { limits } from '../../limits.ts';
import type { Connection } from '../../postgres/connection.ts';
import { backendPid, commitSynchronously, isInSynchronousWait } from '../../postgres/queries/synchronous.ts';

/** `none`: the commit that was looked at has passed, or failed with its connection. */
export type ProbeState = 'waiting' | 'under way' | 'none';

export class ProbeCommit {
  readonly #connect: () => Promise<Connection>;
  #pid: number | undefined;

  constructor(connect: () => Promise<Connection>) {
    this.#connect = connect;
  }

  /** Begins a commit where none is under way. @throws RepmgrError of connecting */
  async begin(signal: AbortSignal): Promise<void> {
    if (this.#pid !== undefined) return;
    const connection = await this.#connect();
    const pid = await backendPid(connection, { deadlineMs: limits.ownAnswerMs, signal });
    this.#pid = pid;
    commitSynchronously(connection, { deadlineMs: limits.probeCommitMs }).then(
      () => this.#end(pid),
      () => this.#end(pid),
    );
  }

  /** @param control another connection to the same server */
  async look(control: Connection, signal: AbortSignal): Promise<ProbeState> {
    const pid = this.#pid;
    if (pid === undefined) return 'none';
    const isWaiting = await isInSynchronousWait(control, pid, { deadlineMs: limits.ownAnswerMs, signal });
    if (this.#pid !== pid) return 'none';
    return isWaiting ? 'waiting' : 'under way';
  }

  #end(pid: number): void {
    if (this.#pid === pid) this.#pid = undefined;
  }
}
