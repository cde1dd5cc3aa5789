/**
 * What a primary's repmgrd tells of the nodes that are attached to it, by what it sees of its server anyway; and the
 * command of the user's that is run where too many of them are lost.
 */
import type { Config } from '../../config/resolve.ts';
import { isPaused } from '../../failover/pause.ts';
import type { State } from '../../failover/state.ts';
import { limits } from '../../limits.ts';
import type { Logger } from '../../log/logger.ts';
import { quoteAt, substitutePlaceholders } from '../../model/command-template.ts';
import { redactConninfo } from '../../model/conninfo.ts';
import type { NodeId } from '../../model/node.ts';
import { runCommandLine } from '../../system/shell.ts';
import type { ClusterFacts } from '../cluster-facts.ts';
import type { PeerNotes } from '../peer-notes.ts';
import { type ChildChange, type ChildNode, ChildNodes } from './child-nodes.ts';
import type { ReportedEvent } from './reported-event.ts';

export interface ChildWatchOptions {
  readonly config: () => Config;
  readonly self: NodeId;
  readonly facts: () => ClusterFacts;
  readonly notes: Pick<PeerNotes, 'of'>;
  readonly nameOf: (node: NodeId) => string;
  readonly report: (event: ReportedEvent) => void;
  readonly log: Logger;
}

export class ChildWatch {
  readonly #options: ChildWatchOptions;
  readonly #nodes = new ChildNodes();
  #postmaster: string | null = null;
  #lookedAt = 0;
  /** The command was run for this loss. */
  #hasRun = false;

  constructor(options: ChildWatchOptions) {
    this.#options = options;
  }

  /** To be called with each new look at the server; looks itself every `child_nodes_check_interval`. */
  look(state: State): void {
    const { server } = state;
    const now = state.now.monotonicMs;
    const { childNodesCheckIntervalMs: intervalMs } = this.#options.config();
    if (server?.isInRecovery !== false) {
      this.#nodes.forget();
      this.#hasRun = false;
      return;
    }
    if (server.condition !== 'running' || intervalMs === 0) return;
    // After a restart of this server all of them have to come back.
    const isFirst = this.#postmaster === null;
    if (this.#postmaster !== server.postmaster) this.#lookedAt = now;
    this.#postmaster = server.postmaster;
    if (!isFirst && now - this.#lookedAt < intervalMs) return;
    this.#lookedAt = now;
    for (const change of this.#nodes.look(this.#childrenIn(state), now)) this.#tell(change);
    this.#runCommandWhereLost(state);
  }

  #childrenIn({ server, settings, now }: State): readonly ChildNode[] {
    const { facts, notes, self } = this.#options;
    const attached = new Set(server?.attached.map(({ node }) => node));
    const isHeard = (id: NodeId): boolean =>
      now.monotonicMs - (notes.of(id)?.heardAt ?? Number.NEGATIVE_INFINITY) < settings.leaseMs;
    return facts()
      .nodes.filter(({ id, role, upstreamNodeId: upstream }) => {
        const isChild = role === 'witness' || (role === 'standby' && (upstream ?? self) === self);
        return id !== self && isChild;
      })
      .map(({ id, role }) => {
        const isWitness = role === 'witness';
        return { id, isWitness, isAttached: isWitness ? isHeard(id) : attached.has(id) };
      });
  }

  #tell({ node, kind, awayMs }: ChildChange): void {
    const { nameOf, report, log } = this.#options;
    const what = {
      child_node_disconnect: 'is not attached any more',
      child_node_reconnect: `is attached again after ${Math.round(awayMs / 1000)} s`,
      child_node_new_connect: 'is attached',
    }[kind];
    const details = `${nameOf(node)} ${what}`;
    log.log(kind === 'child_node_disconnect' ? 'WARNING' : 'NOTICE', details);
    report({ name: kind, isSuccessful: true, details, related: node });
  }

  #runCommandWhereLost(state: State): void {
    const { config } = this.#options;
    const {
      childNodesDisconnectCommand: command,
      childNodesConnectedMinCount: connectedMinCount,
      childNodesDisconnectMinCount: disconnectMinCount,
      childNodesConnectedIncludeWitness: includesWitness,
      childNodesDisconnectTimeoutMs: timeoutMs,
    } = config();
    const criteria = { connectedMinCount, disconnectMinCount, includesWitness, timeoutMs };
    const isLost = this.#nodes.areLost(criteria, state.now.monotonicMs);
    if (!isLost) this.#hasRun = false;
    if (!isLost || this.#hasRun || command === undefined || isPaused(state)) return;
    this.#hasRun = true;
    void this.#run(command);
  }

  /** Never throws. */
  async #run(command: string): Promise<void> {
    const { self, log } = this.#options;
    const line = substitutePlaceholders(command, (letter, quoting) =>
      letter === 'p' ? quoteAt(String(self), quoting) : undefined,
    );
    log.warning('too many nodes are not attached any more: child_nodes_disconnect_command is run', {
      detail: redactConninfo(line),
    });
    try {
      const result = await runCommandLine(line, { deadlineMs: limits.childNodesCommandMs });
      if (result.exitCode === 0 && !result.timedOut) {
        log.notice('child_nodes_disconnect_command has ended well');
        return;
      }
      const end = result.timedOut
        ? `It was ended after ${limits.childNodesCommandMs / 1000} s.`
        : `Its exit code was ${result.exitCode}.`;
      log.error('child_nodes_disconnect_command failed', {
        detail: redactConninfo(`${end} ${result.stderr.trim()}`.trim()),
        hint: 'Run it by hand, as the user of repmgrd, and see what it says.',
      });
    } catch (error) {
      log.error('child_nodes_disconnect_command could not be run', {
        detail: error instanceof Error ? error.message : String(error),
      });
    }
  }
}
