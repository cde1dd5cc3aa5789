/**
 * A former primary that came back as a standby still has its own failover slots (17+). Where the present primary goes on
 * with the copy of one, that is of no use any more, and PostgreSQL copies no slots past it: the next failover would lose
 * them. With `rejoin=automatic` it is dropped.
 */
import { inWords, supersededSlots } from '../cluster/logical-slots.ts';
import type { Config } from '../config/resolve.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import type { NodeId, NodeRecord } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import type { KnownAddresses } from '../postgres/known-addresses.ts';
import {
  dropOwnFailoverSlot,
  type LogicalSlots,
  type LogicalSlotStatus,
  logicalSlots,
} from '../postgres/queries/logical-slots.ts';
import { ownStatus } from '../postgres/queries/own-status.ts';
import { PrimaryConnection } from './primary-connection.ts';
import type { ReportedEvent } from './report/reported-event.ts';

export interface SupersededSlotsOptions {
  readonly self: NodeId;
  readonly config: () => Pick<Config, 'rejoin'>;
  readonly addresses: KnownAddresses;
  readonly presentPrimary: () => NodeRecord | undefined;
  readonly report: (event: ReportedEvent) => void;
  readonly log: Logger;
}

export class SupersededSlots {
  readonly #options: SupersededSlotsOptions;
  #told = '';

  constructor(options: SupersededSlotsOptions) {
    this.#options = options;
  }

  /** @param own of this standby @throws RepmgrError where one of both servers does not answer */
  async lookAfter(connection: Connection, own: LogicalSlots): Promise<void> {
    if (!own.slots.some(({ isFailover, isSynced }) => isFailover === true && !isSynced)) return;
    const { receiver } = await ownStatus(connection, { deadlineMs: limits.ownAnswerMs });
    if (receiver?.isStreaming !== true) return;
    const found = supersededSlots(own.slots, await this.#slotsOfPrimary());
    if (this.#options.config().rejoin === 'automatic') await this.#drop(connection, found);
    else this.#tell(found);
  }

  async #slotsOfPrimary(): Promise<readonly LogicalSlotStatus[]> {
    const primary = new PrimaryConnection(this.#options.presentPrimary, this.#options.addresses);
    try {
      const patience = { deadlineMs: limits.primaryConnectMs };
      return (await logicalSlots(await primary.get(), patience)).slots;
    } finally {
      await primary.close();
    }
  }

  async #drop(connection: Connection, superseded: readonly LogicalSlotStatus[]): Promise<void> {
    const { self, log, report } = this.#options;
    for (const slot of superseded) {
      if (!(await dropOwnFailoverSlot(connection, slot.name))) continue;
      const reason = 'the present primary goes on with its copy';
      log.notice(`${inWords([slot])} of this former primary was dropped`, {
        detail: `It kept the copies of such slots away: ${reason}.`,
      });
      const details = `replication slot "${slot.name}" on node ${self}: ${reason}`;
      report({ name: 'slot_dropped', isSuccessful: true, details });
    }
  }

  #tell(superseded: readonly LogicalSlotStatus[]): void {
    const names = inWords(superseded);
    if (superseded.length === 0 || names === this.#told) return;
    this.#told = names;
    const drops = superseded.map(({ name }) => `SELECT pg_drop_replication_slot('${name}')`).join('; ');
    this.#options.log.warning(`a failover to this node would lose what the primary goes on with: ${names}`, {
      detail: 'This former primary still has its own, and PostgreSQL copies no slots past it.',
      hint: `Where nobody reads from it here: ${drops}; with rejoin=automatic repmgrd does so.`,
    });
  }
}
