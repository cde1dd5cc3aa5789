/** What a repmgrd does beside watching, now and then: looking host names up, keeping its own rows and slots right. */
import { localTimestamp } from '../cluster/record-event.ts';
import { guardFile } from '../cluster/rejoin/kept-places.ts';
import type { Config } from '../config/resolve.ts';
import { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { NodeId, NodeRecord } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import type { KnownAddresses } from '../postgres/known-addresses.ts';
import { monotonicMs } from '../system/clock.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { keepOwnRegistration } from './own-registration.ts';
import { LostWal } from './lost-wal.ts';
import { takeGuardAct } from './perform/guard-act.ts';
import { PrimaryConnection } from './primary-connection.ts';
import type { ReportedEvent } from './report/reported-event.ts';
import { SafeStartUpkeep, type SafeStartUpkeepOptions } from './safe-start-upkeep.ts';
import { SlotUpkeep } from './slot-upkeep.ts';
import type { StartedFrom } from './started-from.ts';

export interface HousekeepingOptions extends SafeStartUpkeepOptions {
  readonly from: Pick<StartedFrom, 'place'>;
  readonly self: NodeId;
  readonly config: () => Config;
  readonly facts: () => ClusterFacts;
  readonly addresses: KnownAddresses;
  /** Has the metadata say that this node leads the term. */
  readonly recordLeadership: (term: number) => void;
  readonly presentPrimary: () => NodeRecord | undefined;
  /** To the own server. @throws RepmgrError where it does not answer */
  readonly own: () => Promise<Connection>;
  readonly report: (event: ReportedEvent) => void;
}

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #slots: SlotUpkeep;
  readonly #lostWal: LostWal;
  readonly #safeStart: SafeStartUpkeep;
  readonly #timers: NodeJS.Timeout[] = [];
  #slotsSoon: NodeJS.Timeout | undefined;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    this.#slots = new SlotUpkeep({ ...options, place: options.from.place });
    this.#safeStart = new SafeStartUpkeep(options);
    this.#lostWal = new LostWal({ ...options, place: options.from.place });
  }

  start(): void {
    this.#repeat(limits.addressRefreshMs, async () => await this.refreshAddresses());
    this.#repeat(limits.registrationRetryMs, async () => await this.keepRegistration());
    this.#repeat(limits.registrationRetryMs, async () => this.#keepLeadership());
    this.#repeat(limits.registrationRetryMs, async () => await this.#safeStart.run());
    this.#repeat(limits.slotUpkeepMs, async () => await this.#keepSlots());
    this.#repeat(limits.registrationRetryMs, async () => await this.#tellOfGuard());
    this.#repeat(limits.lostWalMs, async () => await this.#lostWal.run());
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#slotsSoon);
  }

  async refreshAddresses(): Promise<void> {
    const { addresses, facts } = this.#options;
    const conninfos = facts().nodes.map(({ conninfo }) => conninfo);
    await addresses.refresh(conninfos.filter((conninfo) => conninfo !== ''));
  }

  /** After a failover: consumers of failover slots wait for standbys of the former primary until then. */
  keepSlotsSoon(): void {
    clearTimeout(this.#slotsSoon);
    this.#slotsSoon = setTimeout(() => void this.#keepSlots(), limits.followStreamsMs);
  }

  /** Until it has been written once, and after each change of the file. */
  async keepRegistration(): Promise<void> {
    const { self, config, facts, presentPrimary, log } = this.#options;
    const { nodes, addresses, secrets } = facts();
    const { apiAdvertise, conninfo } = config();
    // A witness without PostgreSQL tells its address when it asks for the metadata.
    if (conninfo === '') return;
    const recordedConninfo = nodes.find(({ id }) => id === self)?.conninfo;
    const recordedAddress = addresses.find(([id]) => id === self)?.[1];
    const isRight = recordedAddress === apiAdvertise && recordedConninfo === conninfo;
    if (isRight && secrets.length > 0) return;
    // On the connection of the reports an event would fall into the transaction, and be lost with it.
    const primary = new PrimaryConnection(presentPrimary, this.#options.addresses);
    try {
      const registration = { config: config(), self, recordedAddress, recordedConninfo, log };
      await keepOwnRegistration(await primary.get(), registration);
    } catch (error) {
      if (!(error instanceof RepmgrError)) throw error;
      log.info(`the registration of this node could not be looked after: ${error.message}`);
    } finally {
      await primary.close();
    }
  }

  /** What could not be written at the promotion: nobody else would do it. In a pause the operator says who is the primary. */
  #keepLeadership(): void {
    const { state, self, recordLeadership } = this.#options;
    const { role, metadata } = state();
    const isServing = role.kind === 'leader' && role.stage === 'serving' && !role.isPaused;
    if (isServing && metadata.primary !== null && metadata.primary !== self) recordLeadership(role.term);
  }

  async #tellOfGuard(): Promise<void> {
    const { config, self, report, log } = this.#options;
    const at = await takeGuardAct(guardFile(config(), self));
    if (at === undefined) return;
    const details = `the guard ended PostgreSQL at ${localTimestamp(at)}: repmgrd was gone or hung, and too few standbys acknowledged WAL in time`;
    log.error(details, {
      hint: 'See in the log before that why repmgrd was gone, and with "repmgr explain" who went on.',
    });
    report({ name: 'repmgrd_fence', isSuccessful: true, details });
  }

  async #keepSlots(): Promise<void> {
    await this.#slots.run(monotonicMs());
  }

  #repeat(everyMs: number, work: () => Promise<void>): void {
    const run = (): void => {
      work().catch((error: unknown) => {
        this.#options.log.warning('a task in the background failed', {
          detail: error instanceof Error ? error.message : String(error),
        });
      });
    };
    run();
    this.#timers.push(setInterval(run, everyMs));
  }
}
