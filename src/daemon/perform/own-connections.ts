/**
 * Connections to the own server that are opened beforehand and kept, one for each purpose: what blocks one of them, a
 * hanging disk or a held commit, does not block the others.
 */
import { type Connection, connect } from '../../postgres/connection.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import { failure } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { ProbeCommit } from './probe-commit.ts';

/**
 * `control`: questions and orders; `flush`: small commits that must reach the disk; `probe`: a commit that waits;
 * `metadata`: changes that others may lock.
 */
export type OwnPurpose = 'control' | 'flush' | 'probe' | 'metadata';

export class OwnConnections {
  readonly probe = new ProbeCommit(() => this.get('probe'));
  readonly #conninfo: () => Conninfo;
  readonly #open = new Map<OwnPurpose, Promise<Connection>>();
  #isClosed = false;

  constructor(conninfo: () => Conninfo) {
    this.#conninfo = conninfo;
  }

  /**
   * The connection that is kept for a purpose, opened anew where it was lost.
   * @throws RepmgrError of `connect`; interrupted, after `close`
   */
  get(purpose: OwnPurpose): Promise<Connection> {
    if (this.#isClosed) return Promise.reject(failure('interrupted', { message: 'repmgrd ends' }));
    const kept = this.#open.get(purpose);
    if (kept !== undefined) return kept;
    const opening = connect(this.#conninfo(), { deadlineMs: limits.ownConnectMs });
    this.#open.set(purpose, opening);
    opening.then(
      (connection) => connection.whenLost(() => this.#forget(purpose, opening)),
      () => this.#forget(purpose, opening),
    );
    return opening;
  }

  /** Opens what is not open. Never throws: a server that is down is asked again the next time. */
  async prepare(): Promise<void> {
    await Promise.allSettled([this.get('control'), this.get('flush'), this.get('probe')]);
  }

  /** Gives one up without waiting for what it does; the next `get` opens another. */
  drop(purpose: OwnPurpose): void {
    const kept = this.#open.get(purpose);
    this.#open.delete(purpose);
    kept?.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }

  /** Never throws. What is still at work opens none any more: it would keep the program from its end. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const kept = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(kept.map(async (opening) => (await opening).close()));
  }

  #forget(purpose: OwnPurpose, opening: Promise<Connection>): void {
    if (this.#open.get(purpose) === opening) this.#open.delete(purpose);
  }
}
