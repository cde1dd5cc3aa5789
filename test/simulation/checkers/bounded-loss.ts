/**
 * Replication is asynchronous, so a failover may lose commits; but none that was acknowledged after the leader had
 * been out of contact for long enough to make commits wait.
 */
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import { type Branch, commonLsn } from '../world/wal.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import type { World } from '../world/world.ts';
import { Ledger } from './ledger.ts';
import type { Checker } from './watcher.ts';

/** From the condition to the hold in force: late ticks, a file, a reload, a look at a probe. */
const reactionMs = 1_000;

export class BoundedLoss implements Checker {
  readonly name = 'bounded loss';
  /** Acknowledged when a hold should have been in force. */
  readonly #late = new Ledger();
  #isPromised = false;
  /** Since when each leader has known that its server is writable: a promotion may outlast its contact. */
  readonly #servesSince = new Map<number, number>();

  begun({ options }: World): void {
    // By failover_quorum=none a leader needs nobody's word, so that it never holds.
    const needsWord = options.nodes.every(({ settings }) => settings.failoverQuorum !== 'none');
    this.#isPromised = options.habits.slowReloadChance === 0 && needsWord;
  }

  stepped(
    { schedule }: World,
    { node }: Daemon,
    { role: before }: State,
    _: Event,
    result: StepResult,
  ): void {
    const { role } = result.state;
    const didServe = before.kind === 'leader' && before.stage === 'serving';
    if (role.kind === 'leader' && role.stage === 'serving' && !didServe)
      this.#servesSince.set(node, schedule.now);
  }

  acknowledged(world: World, server: PostgresServer, branch: Branch, lsn: number): void {
    if (this.#isPromised && this.#shouldHold(world, server)) {
      this.#late.add({ branch, lsn, atMs: world.schedule.now });
    }
  }

  #shouldHold(world: World, server: PostgresServer): boolean {
    const node = world.nodeOf(server.node);
    if (node === undefined || node.daemon.process.isFrozen) return false;
    const { state, settings } = node.daemon;
    const { now } = world.schedule;
    if (state === undefined || state.role.kind !== 'leader' || state.role.stage !== 'serving') return false;
    if (settings.commitHoldMs === 0 || !settings.canHold || settings.synchronousQuorum > 0) return false;
    if (settings.failover === 'manual' || state.durable.record?.pause !== null) return false;
    // An order to wait is behind a record that cannot be stored.
    if (node.host.disk.isHanging || node.host.stateDisk.isHanging || now < node.host.wokeAt + reactionMs)
      return false;
    if (now < node.daemon.process.thawedAt + settings.heartbeatIntervalMs + reactionMs) return false;
    if (now < (this.#servesSince.get(server.node) ?? now) + reactionMs) return false;
    const monotonicMs = node.host.clock.monotonicMs(now);
    const oldest = monotonicMs - settings.commitHoldMs - reactionMs;
    if (state.role.since > oldest) return false;
    const { voters } = state.durable.record;
    let silent = 0;
    for (const contact of state.role.contacts) {
      if (!voters.includes(contact.node)) continue;
      const newest = Math.max(contact.sentAt ?? 0, contact.walWrittenAt ?? 0);
      if (newest < oldest) silent += 1;
    }
    return voters.length !== 2 && silent >= Math.floor(voters.length / 2) + 1;
  }

  becameWritable(world: World, server: PostgresServer, how: WayToWritable): void {
    // What others start is nobody's failover.
    if (how === 'start' && server.startedBy !== 'repmgrd') return;
    for (const { branch, lsn } of this.#late.takeMissing(server.directory.end)) {
      const common = commonLsn(server.directory.end, { branch, lsn });
      world.watchers.violated(
        world,
        this,
        `node ${server.node} goes on from ${common} without ${branch.timeline}/${lsn}, acknowledged when commits should have waited`,
      );
      return;
    }
  }
}
