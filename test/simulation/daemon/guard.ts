/**
 * The guard of a primary: a small process beside repmgrd that makes PostgreSQL end when repmgrd can't any more. It
 * belongs to one postmaster, and asks the standbys that are attached to it before it acts.
 */
import { bearableLossMs } from '../../../src/failover/clocks.ts';
import { quorumOf, setsOf } from '../../../src/failover/quorum.ts';
import type { MonotonicMs } from '../../../src/failover/instant.ts';
import type { Daemon } from './daemon.ts';

const askBeforeMs = 300;
/** How long the question may take. */
const askMs = 250;
/** A wait by the system's timers stands still while the host is suspended, so none is long. */
const lookEveryMs = 500;

export class Guard {
  readonly #daemon: Daemon;
  #isAlive = false;
  #incarnation = 0;
  /** By /proc/uptime, which goes on while the host is suspended. */
  #deadline = 0;
  #lastYes = Number.NEGATIVE_INFINITY;
  /** Who has to have its WAL, as repmgrd said last: it outlives that one's state file. */
  #voterSets: readonly (readonly number[])[] = [];
  /** How far the wall clock was ahead of the uptime when it was told, or answered, last. */
  #wallAheadMs = 0;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** What repmgrd, when it starts, may take over as its contact. */
  get contact(): MonotonicMs | null {
    const { settings } = this.#daemon;
    const contactMs = settings.leaseMs - settings.fenceMarginMs;
    const { monotonicMs, bootTimeMs } = this.#daemon.now();
    const until = Math.max(this.#deadline, this.#lastYes + contactMs);
    return this.#isAlive && !this.#hasSlept ? ((until - bootTimeMs + monotonicMs) as MonotonicMs) : null;
  }

  renew(deadline: number): void {
    const { server, settings } = this.#daemon;
    if (!settings.hasGuard || server === undefined) return;
    const { monotonicMs, bootTimeMs, wallMs } = this.#daemon.now();
    this.#deadline = deadline - monotonicMs + bootTimeMs;
    this.#wallAheadMs = wallMs - bootTimeMs;
    const record = this.#daemon.state?.durable.record ?? null;
    this.#voterSets = record === null ? [[]] : setsOf(record);
    if (this.#isAlive && this.#incarnation === server.incarnation) return;
    this.#daemon.world.schedule.kill(this.#daemon.host.guard);
    this.#isAlive = true;
    this.#incarnation = server.incarnation;
    this.#lastYes = Number.NEGATIVE_INFINITY;
    this.#watch();
  }

  end(): void {
    this.#isAlive = false;
    this.#daemon.world.schedule.kill(this.#daemon.host.guard);
  }

  #watch(): void {
    const { host, world } = this.#daemon;
    const wait = this.#deadline - askBeforeMs - this.#uptimeMs;
    const lookMs = Math.min(lookEveryMs, Math.max(1, wait));
    world.schedule.after(host.clock.virtualMs(lookMs), host.guard, () => {
      if (!this.#isAlive) return;
      if (this.#isGone) this.#endWithPostmaster();
      else if (!this.#daemon.isRunning && this.#hasSlept) this.#askAnew();
      else if (this.#deadline - askBeforeMs > this.#uptimeMs) this.#watch();
      else this.#ask();
    });
  }

  get #uptimeMs(): number {
    return this.#daemon.now().bootTimeMs;
  }

  get #isGone(): boolean {
    const { server } = this.#daemon;
    return server === undefined || server.incarnation !== this.#incarnation || server.phase === 'none';
  }

  /** The postmaster is gone: what it left behind goes too, unless a repmgrd is there to do it. */
  #endWithPostmaster(): void {
    const { server, isRunning } = this.#daemon;
    if (!isRunning && server?.incarnation === this.#incarnation) server.killEverything();
    this.#isAlive = false;
  }

  /** The wall clock alone tells that the machine was stopped: what was known before counts for nothing. */
  get #hasSlept(): boolean {
    const { bootTimeMs, wallMs } = this.#daemon.now();
    return Math.abs(wallMs - bootTimeMs - this.#wallAheadMs) > bearableLossMs(this.#daemon.settings);
  }

  #askAnew(): void {
    const { bootTimeMs, wallMs } = this.#daemon.now();
    this.#deadline = Math.min(this.#deadline, bootTimeMs);
    this.#lastYes = Number.NEGATIVE_INFINITY;
    this.#wallAheadMs = wallMs - bootTimeMs;
    this.#ask();
  }

  #ask(): void {
    const { server, host, world, settings } = this.#daemon;
    if (server === undefined || this.#isGone) {
      this.#endWithPostmaster();
      return;
    }
    const askedAt = this.#uptimeMs;
    let lsn = Number.POSITIVE_INFINITY;
    // psql needs a connection of its own.
    if (!server.isPostmasterStopped && !server.isFull) {
      server.write(64, true, (commit) => {
        lsn = commit.lsn;
      });
    }
    world.schedule.after(host.clock.virtualMs(askMs), host.guard, () => {
      if (!this.#isAlive) return;
      if (this.#isGone || this.#deadline - askBeforeMs > askedAt) {
        this.#watch();
        return;
      }
      const contactMs = settings.leaseMs - settings.fenceMarginMs;
      if (this.#enoughHave(lsn)) this.#lastYes = askedAt;
      const leftMs = Math.max(this.#deadline, this.#lastYes + contactMs) - this.#uptimeMs;
      // The end of the last word is not slept through.
      if (leftMs > askBeforeMs) {
        const wait = Math.min(contactMs / 4, leftMs - askBeforeMs);
        world.schedule.after(host.clock.virtualMs(wait), host.guard, () =>
          !this.#daemon.isRunning && this.#hasSlept ? this.#askAnew() : this.#ask(),
        );
      } else world.schedule.after(host.clock.virtualMs(Math.max(0, leftMs)), host.guard, () => this.#fence());
    });
  }

  #fence(): void {
    const { server, world } = this.#daemon;
    if (!this.#isAlive) return;
    if (server === undefined || this.#isGone || this.#deadline > this.#uptimeMs) {
      this.#watch();
      return;
    }
    world.tell(this.#daemon.node, 'the guard ends PostgreSQL');
    server.killEverything();
    this.#isAlive = false;
    world.watchers.guardFenced(world, this.#daemon);
  }

  /** Whether those voters that have not this WAL could not form a quorum by themselves. */
  #enoughHave(lsn: number): boolean {
    const { server, node } = this.#daemon;
    const inContact = new Set<number>([node]);
    for (const stream of server?.streams ?? []) {
      if (stream.flushedLsn >= lsn) inContact.add(stream.standby.node);
    }
    return this.#voterSets.every((voters) => {
      const missing = voters.filter((voter) => !inContact.has(voter)).length;
      return voters.length === 2 || missing < quorumOf(voters.length);
    });
  }
}
