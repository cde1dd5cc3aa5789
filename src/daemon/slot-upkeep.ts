/**
 * Looks after the replication slots on the own server, every now and then: drops what nobody needs any more, makes anew
 * what has lost its WAL, and has consumers of failover slots wait for the standbys that stream from here.
 */
import { slotsWithoutCopies, synchronizedStandbySlots } from '../cluster/logical-slots.ts';
import { oldSlots } from '../cluster/old-slots.ts';
import type { Config } from '../config/resolve.ts';
import { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type NodeId, type NodeRecord, replicationSlotName } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import { type LogicalSlots, logicalSlots } from '../postgres/queries/logical-slots.ts';
import { createSlot, dropSlot, listSlots, type ReplicationSlot } from '../postgres/replication-slots.ts';
import { autoConf, changeSettingsFile } from '../postgres/server-settings.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import type { ServerPlace } from './observe/server-place.ts';
import { reload } from './perform/reload.ts';
import { SupersededSlots, type SupersededSlotsOptions } from './superseded-slots.ts';

export interface SlotUpkeepOptions extends SupersededSlotsOptions {
  readonly place: ServerPlace;
  readonly config: () => Pick<Config, 'useReplicationSlots' | 'slotMaxAgeMs' | 'primaryLeaseMs' | 'rejoin'>;
  readonly facts: () => Pick<ClusterFacts, 'nodes'>;
  /** To the own server. @throws RepmgrError where it does not answer */
  readonly own: () => Promise<Connection>;
}

export class SlotUpkeep {
  readonly #options: SlotUpkeepOptions;
  /** Since when each inactive slot has been seen so. */
  #inactiveSince: ReadonlyMap<string, number> = new Map();
  readonly #formerNodes = new Set<NodeId>();
  /** Slots that were made anew, and that no standby was seen to use since. */
  readonly #renewed = new Set<string>();
  readonly #superseded: SupersededSlots;
  #complaint = '';
  #isRunning = false;

  constructor(options: SlotUpkeepOptions) {
    this.#options = options;
    this.#superseded = new SupersededSlots(options);
  }

  /** Never throws. @param nowMs by the monotonic clock */
  async run(nowMs: number): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      await this.#lookAfter(await this.#options.own(), nowMs);
    } catch (error) {
      // A server that is down is told of by whoever watches it.
      const level = error instanceof RepmgrError ? 'DEBUG' : 'WARNING';
      const detail = error instanceof Error ? error.message : String(error);
      this.#options.log.log(level, 'replication slots could not be looked after', { detail });
    } finally {
      this.#isRunning = false;
    }
  }

  async #lookAfter(connection: Connection, nowMs: number): Promise<void> {
    if (!connection.version.capabilities.hasReplicationSlots) return;
    const { useReplicationSlots } = this.#options.config();
    const slots = await listSlots(connection);
    this.#note(slots, nowMs);
    if (useReplicationSlots) {
      await this.#dropOld(connection, slots, nowMs);
      await this.#renewLost(connection);
    }
    if (!slots.some(({ kind }) => kind === 'logical')) return;
    const logical = await logicalSlots(connection);
    if (logical.isInRecovery) return await this.#superseded.lookAfter(connection, logical);
    this.#warnOfLosses(logical);
    if (useReplicationSlots) await this.#synchronize(logical, slots, nowMs);
  }

  async #dropOld(connection: Connection, slots: readonly ReplicationSlot[], nowMs: number): Promise<void> {
    const { self, config, log, report } = this.#options;
    for (const { id } of this.#nodes) this.#formerNodes.add(id);
    const circumstances = {
      formerNodes: this.#formerNodes,
      inactiveMs: new Map([...this.#inactiveSince].map(([name, since]) => [name, nowMs - since])),
      maxAgeMs: config().slotMaxAgeMs,
      lingerMs: limits.slotLingersMs,
    };
    for (const { name, reason } of oldSlots(slots, self, this.#nodes, circumstances)) {
      if (!(await dropSlot(connection, name))) continue;
      const detail = `${reason}.`;
      log.notice(`replication slot "${name}" was dropped, it kept WAL for nobody`, { detail });
      const details = `replication slot "${name}" on node ${self}: ${reason}`;
      report({ name: 'slot_dropped', isSuccessful: true, details });
    }
  }

  /**
   * A standby gets what it missed from an archive, or is cloned; for what comes next it needs a slot that works. One
   * that lacks WAL moves the new slot back to where it is itself with each attempt to stream, and so loses it again:
   * that is told of once.
   */
  async #renewLost(connection: Connection): Promise<void> {
    const { self, log } = this.#options;
    for (const { name, isLost, isActive, kind } of await listSlots(connection)) {
      if (isActive && !isLost) this.#renewed.delete(name);
      const node = this.#nodes.find((it) => replicationSlotName(it.id) === name);
      const isFollower = node?.role === 'standby' && (node.upstreamNodeId ?? self) === self;
      if (node === undefined || !isFollower || !isLost || isActive || kind !== 'physical') continue;
      await createSlot(connection, name);
      const level = this.#renewed.has(name) ? 'DEBUG' : 'WARNING';
      this.#renewed.add(name);
      log.log(level, `replication slot "${name}" had lost WAL, and was made anew`, {
        detail: `It kept more than the settings of this server allow, while node ${node.id} was away.`,
        hint: `Where node "${node.name}" does not stream again, and no archive has that WAL, clone it again.`,
      });
    }
  }

  #warnOfLosses({ slots }: LogicalSlots): void {
    const mayFailOver = this.#nodes.some(({ role, priority }) => role === 'standby' && priority > 0);
    const lost = mayFailOver ? slotsWithoutCopies(slots, 'this primary') : undefined;
    if (lost !== undefined && lost.message !== this.#complaint) {
      this.#options.log.warning(lost.message, { hint: lost.hint });
    }
    this.#complaint = lost?.message ?? '';
  }

  /** Only failover slots look at the setting, so without one it is left alone. */
  async #synchronize(
    { slots: logical, synchronizedStandbySlots: setting }: LogicalSlots,
    slots: readonly ReplicationSlot[],
    nowMs: number,
  ): Promise<void> {
    const { place, log } = this.#options;
    if (!logical.some(({ isFailover }) => isFailover === true)) return;
    const followers = slots.filter((slot) => this.#isFollowers(slot, nowMs)).map(({ name }) => name);
    const value = synchronizedStandbySlots(setting, followers);
    if (value === undefined) return;
    const change = { synchronized_standby_slots: value };
    if (!(await changeSettingsFile(autoConf(place.dataDirectory), change, { isDurable: true }))) return;
    await reload(place);
    log.notice(
      value === ''
        ? 'consumers of failover slots wait for no standby: none streams from here by a slot'
        : `consumers of failover slots wait for the standbys of ${value}`,
      { detail: 'synchronized_standby_slots was changed.' },
    );
  }

  /** Who is away for longer than a lease must not hold up consumers. */
  #isFollowers({ name, kind, isLost }: ReplicationSlot, nowMs: number): boolean {
    const { self, config } = this.#options;
    const absentMs = nowMs - (this.#inactiveSince.get(name) ?? nowMs);
    const node = this.#nodes.find(({ id }) => replicationSlotName(id) === name);
    const isOurs = kind === 'physical' && node?.role === 'standby' && node.id !== self;
    return isOurs && !isLost && absentMs < config().primaryLeaseMs;
  }

  #note(slots: readonly ReplicationSlot[], nowMs: number): void {
    const inactive = slots.filter(({ isActive }) => !isActive);
    this.#inactiveSince = new Map(
      inactive.map(({ name }) => [name, this.#inactiveSince.get(name) ?? nowMs] as const),
    );
  }

  get #nodes(): readonly NodeRecord[] {
    return this.#options.facts().nodes;
  }
}
