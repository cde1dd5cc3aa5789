/**
 * How a repmgrd comes to a secret that was changed while it was down, and that its own server does not have: from the
 * metadata on the servers of the others, whose passwords it knows. What is signed with an old secret gets nobody there.
 */
import { readMetadataFacts } from '../cluster/metadata/facts.ts';
import { hasOwnTables, requireSchema } from '../cluster/metadata/schema.ts';
import type { Config } from '../config/resolve.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import type { ClusterSecrets } from '../model/cluster-secrets.ts';
import type { NodeId, NodeRecord } from '../model/node.ts';
import { connect } from '../postgres/connection.ts';
import type { KnownAddresses } from '../postgres/known-addresses.ts';
import { monotonicMs } from '../system/clock.ts';
import type { ClusterFacts } from './cluster-facts.ts';

export interface SecretSearchOptions {
  readonly self: NodeId;
  readonly config: () => Config;
  readonly facts: () => ClusterFacts;
  readonly addresses: KnownAddresses;
  readonly noteSecrets: (secrets: ClusterSecrets) => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export class SecretSearch {
  readonly #options: SecretSearchOptions;
  #begunAtMs = -Infinity;
  #complaint = '';

  constructor(options: SecretSearchOptions) {
    this.#options = options;
  }

  /** Asks all other servers, unless that was done a moment ago. Never throws. */
  begin(): void {
    const now = monotonicMs();
    if (now - this.#begunAtMs < limits.secretSearchMs || this.#options.signal.aborted) return;
    this.#begunAtMs = now;
    void this.#search();
  }

  async #search(): Promise<void> {
    const { self, facts, noteSecrets, log } = this.#options;
    const before = facts().secretVersion;
    const others = facts().nodes.filter(({ id, conninfo }) => id !== self && conninfo !== '');
    const reasons: string[] = [];
    await Promise.all(
      others.map(async (node) => {
        try {
          noteSecrets(await this.#secretsOn(node));
        } catch (error) {
          reasons.push(`node "${node.name}": ${error instanceof Error ? error.message : String(error)}`);
        }
      }),
    );
    if (facts().secretVersion === before) this.#complain(reasons.join('; '));
    else log.notice('the secret of the cluster was changed, and was read from the server of another node');
  }

  async #secretsOn({ conninfo }: NodeRecord): Promise<ClusterSecrets> {
    const { config, facts, addresses, signal } = this.#options;
    const { clusterName } = config();
    const deadlineMs = limits.primaryConnectMs;
    const connection = await connect(addresses.addressed(conninfo), { deadlineMs, signal });
    try {
      const hasTables = hasOwnTables(await requireSchema(connection, clusterName));
      const { cluster } = await readMetadataFacts(connection, clusterName, hasTables, { deadlineMs, signal });
      const { systemIdentifier } = facts();
      if (cluster === undefined) throw new Error('its metadata have no secret');
      if (systemIdentifier !== null && cluster.systemIdentifier !== systemIdentifier)
        throw new Error('it belongs to another cluster');
      return cluster;
    } finally {
      await connection.close();
    }
  }

  #complain(reasons: string): void {
    const { config, log, signal } = this.#options;
    if (signal.aborted || this.#complaint === reasons) return;
    this.#complaint = reasons;
    // A server of this node that streams will have it in a moment.
    if (config().conninfo !== '') {
      log.info('no other server knows a newer secret of the cluster', { detail: reasons });
      return;
    }
    log.error('the secret of the cluster was changed while this witness was away, and it cannot be had', {
      detail: reasons === '' ? 'The servers of the other nodes know none that is newer.' : reasons,
      hint: 'Run "repmgr witness invite" on the primary; then here, with its token: repmgr daemon stop, repmgr witness join --force, repmgr daemon start.',
    });
  }
}
