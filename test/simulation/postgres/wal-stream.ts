/** One connection of streaming replication: a walsender here, a WAL receiver there, TCP between them. */
import type { Network } from '../world/network.ts';
import type { Schedule } from '../world/schedule.ts';
import { type Branch, branchAt, contains, endOfBranchIn, type WalPosition } from '../world/wal.ts';
import type { SynchronousNames } from './data-directory.ts';
import type { PostgresServer } from './server.ts';

/** Lost packets of TCP are sent again after so long. */
const retransmitMs = 200;
/** Bytes that a sender may have under way without an answer. */
const windowBytes = 2 * 1024 * 1024;
const bytesPerMs = 100_000;
/** wal_receiver_status_interval */
const statusIntervalMs = 10_000;
/** tcp_user_timeout and keep-alives of primary_conninfo: by then either side gives a silent connection up. */
export const silenceMs = 25_000;

export class WalStream {
  readonly upstream: PostgresServer;
  readonly standby: PostgresServer;
  readonly #schedule: Schedule;
  readonly #network: Network;
  #sentLsn: number;
  /** The walsender's view: what the standby has reported to be flushed. */
  flushedLsn: number;
  /** synchronous_standby_names as the walsender has read it. */
  names: SynchronousNames | undefined;
  hasSender = true;
  hasReceiver = true;
  #isUnderWay = false;
  #openSince: number;

  constructor(upstream: PostgresServer, standby: PostgresServer, schedule: Schedule, network: Network) {
    this.upstream = upstream;
    this.standby = standby;
    this.#schedule = schedule;
    this.#network = network;
    this.#sentLsn = standby.directory.flushedLsn;
    this.flushedLsn = 0;
    this.#openSince = schedule.now;
    this.reportFlush();
  }

  /** Its sync_priority is above 0. */
  get isNamed(): boolean {
    return this.names?.nodes.includes(this.standby.node) === true;
  }

  /** Sends what the upstream has flushed and the standby lacks. */
  pump(): void {
    if (!this.hasSender || this.#isUnderWay) return;
    const { directory } = this.upstream;
    if (directory.flushedLsn <= this.#sentLsn || this.#sentLsn - this.flushedLsn > windowBytes) return;
    const branch = branchAt(directory.flushed, this.#sentLsn + 1);
    const end = Math.min(
      endOfBranchIn(directory.flushed, branch) ?? directory.flushedLsn,
      directory.flushedLsn,
    );
    const bytes = end - this.#sentLsn;
    this.#sentLsn = end;
    this.#isUnderWay = true;
    this.#carry(this.upstream, this.standby, bytes / bytesPerMs, () => {
      this.#isUnderWay = false;
      if (!this.hasReceiver) return;
      this.standby.receiver.receive(this, branch, end);
      this.pump();
    });
  }

  /** The standby tells how far it has flushed. */
  reportFlush(): void {
    const { flushedLsn } = this.standby.directory;
    this.#carry(this.standby, this.upstream, 0, () => {
      if (!this.hasSender || flushedLsn <= this.flushedLsn) return;
      this.flushedLsn = flushedLsn;
      this.upstream.standbyFlushed(this);
      this.pump();
    });
  }

  /** The walsender ended: what it sent before still arrives, then the connection's end does. */
  endSender(isHostAlive: boolean): void {
    if (!this.hasSender) return;
    this.hasSender = false;
    this.upstream.streams.delete(this);
    if (!isHostAlive) {
      this.#waitForReset(silenceMs);
      return;
    }
    this.#afterWhatIsUnderWay(() => this.standby.receiver.lost(this));
  }

  /** A host that is back answers the next status message of the receiver with a reset; a dead one never. */
  #waitForReset(forMs: number): void {
    const ms = Math.min(forMs, statusIntervalMs);
    this.#schedule.after(ms, undefined, () => {
      const isBack =
        this.upstream.host.isUp && this.#network.isOpenBothWays(this.upstream.node, this.standby.node);
      if (isBack || forMs <= ms)
        this.#schedule.pass(this.standby.process, () => this.standby.receiver.lost(this));
      else this.#waitForReset(forMs - ms);
    });
  }

  /** The WAL receiver ended, by itself or by a signal. */
  endReceiver(isHostAlive: boolean): void {
    if (!this.hasReceiver) return;
    this.hasReceiver = false;
    if (!this.hasSender) return;
    if (isHostAlive) this.#carry(this.standby, this.upstream, 0, () => this.endSender(true));
    else this.#schedule.after(silenceMs, undefined, () => this.endSender(true));
  }

  #afterWhatIsUnderWay(run: () => void): void {
    this.#carry(this.upstream, this.standby, 0, () => {
      if (this.#isUnderWay) this.#schedule.after(1, undefined, () => this.#afterWhatIsUnderWay(run));
      else run();
    });
  }

  /** TCP: nothing is lost while both ends live, it only comes late. */
  #carry(from: PostgresServer, to: PostgresServer, transferMs: number, arrive: () => void): void {
    const network = this.#network;
    const ms = transferMs + network.delayMs(from.node, to.node) + network.retransmitMs(from.node, to.node);
    this.#schedule.after(ms, undefined, () => this.#arriveWhenOpen(from, to, arrive));
  }

  #arriveWhenOpen(from: PostgresServer, to: PostgresServer, arrive: () => void): void {
    if (this.#network.isOpen(from.node, to.node)) {
      this.#openSince = this.#schedule.now;
      this.#schedule.pass(to.process, arrive);
      return;
    }
    if (this.#schedule.now - this.#openSince > silenceMs) {
      if (this.hasReceiver) this.standby.receiver.lost(this);
      this.endSender(true);
      return;
    }
    this.#schedule.after(retransmitMs, undefined, () => this.#arriveWhenOpen(from, to, arrive));
  }
}

/** `collision`: the same timeline number, but the standby's WAL on it is not the upstream's, which nobody can see. */
export type StartOfStreaming = 'possible' | 'collision' | 'refused';

/** What the walsender says to START_REPLICATION: it looks at timeline numbers and fork points only. */
export function startOfStreaming(standby: PostgresServer, upstream: PostgresServer): StartOfStreaming {
  const { branch, flushedLsn } = standby.directory;
  const position = upstream.directory.flushed;
  const end = endOfTimelineIn(position, branch.timeline);
  if (end === undefined || flushedLsn > end) return 'refused';
  return contains(position, { branch, lsn: flushedLsn }) ? 'possible' : 'collision';
}

function endOfTimelineIn(position: WalPosition, timeline: number): number | undefined {
  let end = position.lsn;
  for (let step: Branch | undefined = position.branch; step !== undefined; step = step.parent) {
    if (step.timeline === timeline) return end;
    end = Math.min(end, step.forkedAt);
  }
  return undefined;
}
