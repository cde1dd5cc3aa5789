/** Does the actions of the core with the means of this node. */
import type { WalAnswer, WalRequest } from '../api/wal-request.ts';
import { localServer } from '../cluster/local-server.ts';
import type { Config } from '../config/resolve.ts';
import { failure } from '../errors.ts';
import { bearableLossMs } from '../failover/clocks.ts';
import type { ActionResult } from '../failover/events.ts';
import type { MonotonicMs } from '../failover/instant.ts';
import type { VoterRecord } from '../failover/voter-record.ts';
import { redactConninfo } from '../model/conninfo.ts';
import type { NodeId } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import type { KnownAddresses } from '../postgres/known-addresses.ts';
import { monotonicMs } from '../system/clock.ts';
import { type LastingAction, reasonOf } from './action-queue.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { readClocks } from './instant.ts';
import { WalEndReader } from './observe/end-of-wal.ts';
import { clientEnvironment } from './perform/client-environment.ts';
import { FreezeProof } from './perform/freeze-proof.ts';
import { Guard } from './perform/guard.ts';
import { guardCondition } from './perform/guard-condition.ts';
import { guardFile } from '../cluster/rejoin/kept-places.ts';
import { OwnConnections } from './perform/own-connections.ts';
import { RejoinAttempts } from './perform/rejoin-attempts.ts';
import { requireServer } from './perform/context.ts';
import { armSafeStart, isSafeStartArmed } from './perform/safe-start.ts';
import { perform, type PerformContext, type PerformedAction } from './perform/perform.ts';
import type { StartedFrom } from './started-from.ts';

export interface EffectsOptions {
  readonly from: StartedFrom;
  readonly config: () => Config;
  readonly facts: () => ClusterFacts;
  readonly record: () => VoterRecord | null;
  readonly addresses: KnownAddresses;
  readonly fetchWal: (from: NodeId, request: WalRequest, signal: AbortSignal) => Promise<WalAnswer>;
}

export class Effects {
  readonly walEnd: WalEndReader;
  readonly #options: EffectsOptions;
  readonly #connections: OwnConnections;
  readonly #guard: Guard;
  readonly #attempts = new RejoinAttempts();
  readonly #freezeProof = new FreezeProof();
  readonly #ending = new AbortController();
  #startFailure: string | undefined;

  constructor(options: EffectsOptions) {
    const { config, addresses, from } = options;
    this.#options = options;
    this.walEnd = new WalEndReader(from.place);
    this.#connections = new OwnConnections(() => addresses.addressed(ownConninfo(config())));
    this.#guard = guardOf(options);
  }

  async perform(action: LastingAction, signal: AbortSignal): Promise<ActionResult> {
    const { log } = this.#options.from;
    const begunAtMs = monotonicMs();
    const took = (): string => `after ${Math.round(monotonicMs() - begunAtMs)} ms`;
    log.debug(`begins: ${action.kind}`);
    try {
      const result = await perform(action, this.#context(signal));
      log.debug(`done ${took()}: ${action.kind}`, { detail: JSON.stringify(result) });
      if (action.kind === 'startAsStandby') this.#startFailure = undefined;
      return result;
    } catch (error) {
      const detail = redactConninfo(reasonOf(error));
      log.info(`failed ${took()}: ${action.kind}`, { detail });
      if (action.kind === 'startAsStandby' && !signal.aborted) this.#tellStartFailure(detail);
      throw error;
    }
  }

  /** Once: it is tried again every few seconds. */
  #tellStartFailure(detail: string): void {
    if (detail === this.#startFailure) return;
    this.#startFailure = detail;
    this.#options.from.log.error('the server of this node could not be started as a standby', {
      detail,
      hint: 'It is tried again. See the log of PostgreSQL, and service_start_command where it is set.',
    });
  }

  /** For actions whose end the core is not told. Never throws. */
  async performAside(action: Exclude<PerformedAction, { readonly id: number }>): Promise<void> {
    try {
      await perform(action, this.#context(this.#ending.signal));
    } catch (error) {
      this.#options.from.log.warning(asideInWords[action.kind], {
        detail: redactConninfo(error instanceof Error ? error.message : String(error)),
      });
    }
  }

  readonly safeStart = {
    isArmed: async (): Promise<boolean> =>
      await isSafeStartArmed(requireServer(this.#context(this.#ending.signal))),
    arm: async (): Promise<void> => void (await armSafeStart(this.#context(this.#ending.signal))),
  };

  /** Until when the guard of the repmgrd before this one lets the server be. */
  guardContactUntil(): MonotonicMs | null {
    return this.#guard.contactUntil();
  }

  /** The server was seen up. */
  async prepare(): Promise<void> {
    await this.#connections.prepare();
  }

  /** For short questions to the own server. */
  async controlConnection(): Promise<Connection> {
    return await this.#connections.get('control');
  }

  async flushConnection(): Promise<Connection> {
    return await this.#connections.get('flush');
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#connections.close();
  }

  #context(signal: AbortSignal): PerformContext {
    const { from, config, facts, record, addresses, fetchWal } = this.#options;
    const { place, isWitness, self, log } = from;
    return {
      config: config(),
      self,
      server: isWitness ? undefined : { ...place, control: localServer(config(), place.dataDirectory) },
      connections: this.#connections,
      addresses,
      walEnd: this.walEnd,
      guard: this.#guard,
      freezeProof: this.#freezeProof,
      attempts: this.#attempts,
      nodes: () => facts().nodes,
      record,
      now: readClocks,
      fetchWal,
      log,
      signal,
    };
  }
}

const asideInWords = {
  renewGuard: 'the guard could not be given a new deadline',
  endGuard: 'the guard could not be ended',
  writeMetadata: 'who is the primary could not be written into the metadata; that is tried again',
} as const;

/** Lease and margin are no settings that a reload changes. */
function guardOf({ from, config, facts, record, addresses }: EffectsOptions): Guard {
  const { pgBindir, primaryLeaseMs, fenceMarginMs } = config();
  const { place, self, log } = from;
  return new Guard({
    place,
    file: guardFile(config(), self),
    programDirectory: pgBindir,
    contactMs: primaryLeaseMs - fenceMarginMs,
    bearableLossMs: bearableLossMs({ fenceMarginMs }),
    environment: () => clientEnvironment(addresses.addressed(config().conninfo), process.env),
    condition: () => guardCondition(record(), self, facts().nodes, place.version),
    now: readClocks,
    log,
  });
}

/** @throws RepmgrError where there is no own server: an empty conninfo would lead to whatever listens here */
function ownConninfo({ conninfo }: Config): string {
  if (conninfo !== '') return conninfo;
  throw failure('connection_failed', {
    message: 'this node has no PostgreSQL',
    detail: '"conninfo" is not set in its repmgr.conf.',
    hint: 'If it is no witness without PostgreSQL, set "conninfo".',
  });
}
