/** Lets witnesses in that show an invitation, and looks after the rows of those that have no PostgreSQL to do it with. */
import type { AdmissionAnswer, AdmissionRequest } from '../api/admission.ts';
import { writeToken } from '../api/invitation.ts';
import type { MetadataRequest, RelayedEvent } from '../api/metadata-fetching.ts';
import { writeFacts } from '../cluster/cluster-facts.ts';
import { recordDaemonAddress } from '../cluster/metadata/daemon-addresses.ts';
import { insertEvent } from '../cluster/metadata/events.ts';
import { changeNodes } from '../cluster/metadata/nodes.ts';
import { recordEvent } from '../cluster/record-event.ts';
import { inspectPrimaryOfWitness } from '../cluster/witness/inspect.ts';
import { registerWitness } from '../cluster/witness/register.ts';
import { planWitnessRegistration } from '../cluster/witness/registration-plan.ts';
import type { Config } from '../config/resolve.ts';
import { RepmgrError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { NodeId, NodeRecord } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import type { KnownAddresses } from '../postgres/known-addresses.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { Invitations, isInvitation, type InvitationKeeper } from './invitations.ts';
import { PrimaryConnection } from './primary-connection.ts';

export interface AdmissionsOptions {
  readonly config: () => Config;
  readonly facts: () => ClusterFacts;
  readonly kept: InvitationKeeper;
  /** Who it is as far as this repmgrd knows; undefined: nobody. */
  readonly presentPrimary: () => NodeRecord | undefined;
  readonly addresses: KnownAddresses;
  /** The metadata have changed, and are to be read again before anything is told of them. */
  readonly reread: () => Promise<unknown>;
  readonly log: Logger;
}

export class Admissions {
  readonly #options: AdmissionsOptions;
  readonly #invitations: Invitations;

  constructor(options: AdmissionsOptions) {
    this.#options = options;
    this.#invitations = new Invitations(options.kept, options.config().clusterName);
  }

  /** @throws the system's error, where the invitation cannot be kept */
  async invite(lifetimeMs: number): Promise<{ readonly token: string; readonly endsAtMs: number }> {
    const { config, facts } = this.#options;
    const of = { address: config().apiAdvertise, systemIdentifier: facts().systemIdentifier };
    const given = await this.#invitations.give(of, lifetimeMs);
    return { token: writeToken(given), endsAtMs: given.endsAtMs };
  }

  /** Never throws. What fails leaves the invitation as it was. */
  async admit(request: AdmissionRequest, isSignedBy: (key: string) => boolean): Promise<AdmissionAnswer> {
    const { facts, log } = this.#options;
    try {
      const taken = await this.#invitations.take(request, isSignedBy);
      if (!isInvitation(taken)) {
        log.warning(`a witness showed an invitation that is not good: ${taken.kind}`, {
          detail: 'detail' in taken ? taken.detail : undefined,
        });
        return taken;
      }
      try {
        await this.#onPrimary(async (connection) => await this.#register(request, connection));
      } catch (error) {
        await this.#invitations.giveBack(taken);
        throw error;
      }
      if (request.isDryRun) {
        await this.#invitations.giveBack(taken);
        return { kind: 'possible' };
      }
      log.notice(`node "${request.name}" (ID: ${request.node}) was let in as a witness`);
      return { kind: 'admitted', key: taken.key, facts: writeFacts(facts()) };
    } catch (error) {
      return refusalBy(error);
    }
  }

  /**
   * What a witness without PostgreSQL is told, which tells its own address by that, and what happened to it.
   * @throws RepmgrError where its events cannot be written
   */
  async tellMetadata(from: NodeId, { address, events }: MetadataRequest): Promise<string> {
    const { facts } = this.#options;
    if (facts().addresses.find(([id]) => id === from)?.[1] !== address) void this.#keepAddress(from, address);
    if (events.length > 0) await this.#keepEvents(from, events);
    return writeFacts(facts());
  }

  async #register(request: AdmissionRequest, connection: Connection): Promise<void> {
    const { config, reread, log } = this.#options;
    const { clusterName } = config();
    const facts = { primary: await inspectPrimaryOfWitness(connection, clusterName), witness: undefined };
    const node = recordOf(request, clusterName);
    const wish = { node, daemonAddress: request.address, force: request.force };
    const { steps } = planWitnessRegistration(facts, wish);
    if (request.isDryRun) return;
    for (const step of steps) log.info(step);
    await registerWitness({ primary: connection, witness: undefined }, facts, wish);
    const event = { nodeId: node.id, name: 'witness_register', isSuccessful: true };
    await recordEvent({ connection, config: config(), log, event });
    await reread();
  }

  async #keepAddress(node: NodeId, address: string): Promise<void> {
    const { config, log } = this.#options;
    const { clusterName } = config();
    try {
      await this.#onPrimary(async (connection) => {
        await changeNodes(connection, clusterName, async () => {
          await recordDaemonAddress(connection, clusterName, node, address);
        });
      });
      log.notice(`the repmgrd of witness ${node} is reached at ${address} now`);
    } catch (error) {
      if (!(error instanceof RepmgrError)) throw error;
      log.info(`the address of witness ${node} could not be recorded: ${error.message}`, error);
    }
  }

  async #keepEvents(nodeId: NodeId, events: readonly RelayedEvent[]): Promise<void> {
    const { clusterName } = this.#options.config();
    await this.#onPrimary(async (connection) => {
      await connection.transaction(async () => {
        for (const { name, isSuccessful, details, atMs } of events) {
          const happenedAt = new Date(atMs);
          await insertEvent(connection, clusterName, { nodeId, name, isSuccessful, details, happenedAt });
        }
      });
    });
  }

  /** On a connection of its own: what others write meanwhile is no part of a transaction here. */
  async #onPrimary(work: (connection: Connection) => Promise<void>): Promise<void> {
    const primary = new PrimaryConnection(this.#options.presentPrimary, this.#options.addresses);
    try {
      await work(await primary.get());
    } finally {
      await primary.close();
    }
  }
}

function recordOf({ node: id, name, priority }: AdmissionRequest, clusterName: string): NodeRecord {
  return {
    id,
    role: 'witness',
    upstreamNodeId: undefined,
    clusterName,
    name,
    conninfo: '',
    slotName: undefined,
    priority,
    isActive: true,
  };
}

function refusalBy(error: unknown): AdmissionAnswer {
  const isKnown = error instanceof RepmgrError;
  return {
    kind: 'refused',
    code: isKnown ? error.code : 'internal',
    message: error instanceof Error ? error.message : String(error),
    detail: (isKnown ? error.detail : undefined) ?? '',
    hint: (isKnown ? error.hint : undefined) ?? 'Look at the log of the repmgrd that gave the token.',
  };
}
