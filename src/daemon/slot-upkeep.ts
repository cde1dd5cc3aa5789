/** Drops the slots on the own server that nobody needs any more, every now and then. */
import { oldSlots } from '../cluster/old-slots.ts';
import { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { NodeId } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import { dropSlot, listSlots, type ReplicationSlot } from '../postgres/replication-slots.ts';
import { monotonicMs } from '../system/clock.ts';
import type { PerformContext } from './perform/perform.ts';

export class SlotUpkeep {
  /** Since when each inactive slot has been seen so. */
  #inactiveSince: ReadonlyMap<string, number> = new Map();
  readonly #formerNodes = new Set<NodeId>();
  #nextAtMs = 0;

  /** Does nothing where it was done a short while ago. Never throws. */
  async run(
    context: Pick<PerformContext, 'config' | 'self' | 'nodes' | 'connections' | 'log'>,
  ): Promise<void> {
    const now = monotonicMs();
    if (now < this.#nextAtMs || !context.config.useReplicationSlots) return;
    this.#nextAtMs = now + limits.slotUpkeepMs;
    try {
      await this.#drop(await context.connections.get('control'), context, now);
    } catch (error) {
      if (!(error instanceof RepmgrError)) throw error;
      context.log.info('old replication slots could not be looked for', { detail: error.message });
    }
  }

  async #drop(
    connection: Connection,
    { config, self, nodes, log }: Pick<PerformContext, 'config' | 'self' | 'nodes' | 'log'>,
    now: number,
  ): Promise<void> {
    if (!connection.version.capabilities.hasReplicationSlots) return;
    const slots = await listSlots(connection);
    this.#note(slots, now);
    const inactiveMs = new Map([...this.#inactiveSince].map(([name, since]) => [name, now - since]));
    for (const { id } of nodes()) this.#formerNodes.add(id);
    const circumstances = {
      formerNodes: this.#formerNodes,
      inactiveMs,
      maxAgeMs: config.slotMaxAgeMs,
      lingerMs: limits.slotLingersMs,
    };
    for (const { name, reason } of oldSlots(slots, self, nodes(), circumstances)) {
      if (await dropSlot(connection, name)) {
        log.notice(`replication slot "${name}" was dropped, it kept WAL for nobody`, {
          detail: `${reason}.`,
        });
      }
    }
  }

  #note(slots: readonly ReplicationSlot[], now: number): void {
    const inactive = slots.filter(({ isActive }) => !isActive);
    this.#inactiveSince = new Map(
      inactive.map(({ name }) => [name, this.#inactiveSince.get(name) ?? now] as const),
    );
  }
}
