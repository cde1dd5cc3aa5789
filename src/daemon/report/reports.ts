/** All that a repmgrd tells people: decisions in the log, events in the metadata and to the notification commands. */
import type { DecisionView } from '../../api/view.ts';
import { decisionFile } from '../../cluster/rejoin/kept-places.ts';
import type { RelayedEvent } from '../../api/metadata-fetching.ts';
import type { Config } from '../../config/resolve.ts';
import type { Action } from '../../failover/actions.ts';
import type { State } from '../../failover/state.ts';
import type { Logger } from '../../log/logger.ts';
import { redactConninfo } from '../../model/conninfo.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import type { KnownAddresses } from '../../postgres/known-addresses.ts';
import { type ClusterFacts, recordedMetadata } from '../cluster-facts.ts';
import type { StepTaken } from '../failover-loop.ts';
import type { PeerNotes } from '../peer-notes.ts';
import { PrimaryConnection } from '../primary-connection.ts';
import { ActionEvents } from './action-events.ts';
import { ChildWatch } from './child-watch.ts';
import { DecisionLog } from './decision-log.ts';
import { EventReporter } from './event-reporter.ts';
import { failoverDetails } from './failover-details.ts';
import type { ReportedEvent } from './reported-event.ts';
import { eventsOfStep } from './step-events.ts';
import { UpstreamEvents } from './upstream-events.ts';

export interface ReportsOptions {
  readonly config: () => Config;
  readonly self: NodeId;
  readonly facts: () => ClusterFacts;
  readonly state: () => State;
  readonly notes: PeerNotes;
  readonly addresses: KnownAddresses;
  /** Has the leader write events. @throws Error, where it cannot */
  readonly relay: (events: readonly RelayedEvent[]) => Promise<void>;
  readonly log: Logger;
}

export class Reports {
  readonly #options: ReportsOptions;
  readonly #decisions: DecisionLog;
  readonly #events: EventReporter;
  readonly #primary: PrimaryConnection;
  readonly #actionEvents: ActionEvents;
  readonly #upstreamEvents: UpstreamEvents;
  readonly #children: ChildWatch;
  /** Whose place this node has taken; for the event of a failover. */
  #formerLeader: NodeId | null = null;

  constructor(options: ReportsOptions) {
    const { config, self, log, relay } = options;
    this.#options = options;
    this.#decisions = new DecisionLog(decisionFile(config(), self), log);
    // A witness without PostgreSQL has no role there: the leader writes its events.
    const hasServer = config().conninfo !== '';
    const primary = (): NodeRecord | undefined => (hasServer ? this.presentPrimary() : undefined);
    this.#primary = new PrimaryConnection(primary, options.addresses);
    const nameOf = (node: NodeId): string => this.#labelOf(node);
    this.#actionEvents = new ActionEvents(nameOf);
    this.#upstreamEvents = new UpstreamEvents(nameOf);
    this.#children = new ChildWatch({ ...options, nameOf, report: (event) => this.event(event) });
    this.#events = new EventReporter({
      config,
      self,
      primary: async () => await this.#primary.get(),
      relay: hasServer ? undefined : relay,
      related: (node) => this.#related(node),
      log,
    });
  }

  get decisions(): readonly DecisionView[] {
    return this.#decisions.kept;
  }

  /** To the present primary. @throws RepmgrError where there is none */
  async primary(): Promise<Connection> {
    return await this.#primary.get();
  }

  event(event: ReportedEvent): void {
    this.#events.report(event);
  }

  /** An event that the core itself words; that of a failover names both nodes, as repmgr 5 does. */
  coreEvent({ event: name, isSuccessful, details }: Extract<Action, { readonly kind: 'recordEvent' }>): void {
    if (name !== 'repmgrd_failover_promote') {
      this.event({ name, isSuccessful, details });
      return;
    }
    const former = this.#formerLeader;
    this.event({
      name,
      isSuccessful,
      details: failoverDetails(details, this.#labelOf(this.#options.self), former && this.#labelOf(former)),
      related: former ?? undefined,
    });
  }

  step({ event, before, after, actions, explanations }: StepTaken): void {
    const leader = before.durable.leader?.node ?? before.metadata.primary;
    if (leader !== null && leader !== this.#options.self) this.#formerLeader = leader;
    for (const explanation of explanations) this.#decisions.note(explanation, after);
    for (const found of eventsOfStep(before, after, explanations)) this.event(found);
    for (const found of this.#upstreamEvents.eventsOf(after)) this.event(found);
    if (before.server !== after.server) this.#children.look(after);
    const ended = this.#actionEvents.eventOf(event);
    if (ended !== undefined) this.#tellEnd(ended);
    this.#actionEvents.noteActions(actions);
  }

  #tellEnd(ended: ReportedEvent): void {
    this.event(ended);
    if (ended.isSuccessful) return;
    const hint = 'It is tried again. See the log of PostgreSQL, and follow_command where it is set.';
    const isFollow = ended.name === 'repmgrd_failover_follow';
    this.#options.log.warning(redactConninfo(ended.details), isFollow ? { hint } : {});
  }

  async close(): Promise<void> {
    await this.#decisions.close();
    await this.#events.close();
    await this.#primary.close();
  }

  /** By the core's knowledge, which is newer than the metadata during a failover. */
  presentPrimary(): NodeRecord | undefined {
    const { nodes } = this.#options.facts();
    const { role, durable, metadata, settings } = this.#options.state();
    // Nothing was decided yet where repmgrd cannot start.
    const recorded = metadata.primary ?? recordedMetadata(this.#options.facts()).primary;
    const leader = role.kind === 'leader' ? settings.self : (durable.leader?.node ?? recorded);
    return nodes.find(({ id }) => id === leader);
  }

  #labelOf(node: NodeId): string {
    const name = this.#options.facts().nodes.find(({ id }) => id === node)?.name;
    return name === undefined ? `node ${node}` : `node "${name}" (ID: ${node})`;
  }

  #related(node: NodeId) {
    const found = this.#options.facts().nodes.find(({ id }) => id === node);
    return found && { nodeId: found.id, name: found.name, conninfo: found.conninfo };
  }
}
