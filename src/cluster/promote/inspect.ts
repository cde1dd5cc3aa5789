/** Looks at all that a promotion depends on; changes nothing. */
import type { Config } from '../../config/resolve.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { mayPromoteBySql } from '../../postgres/queries/promotion.ts';
import { readSettings } from '../../postgres/queries/server.ts';
import { type ServerStatus, serverStatus } from '../../postgres/queries/server-status.ts';
import type { LocalServer } from '../../postgres/server-process.ts';
import { knownDataDirectory, localServer } from '../local-server.ts';
import { recordedSystemIdentifier } from '../metadata/cluster-row.ts';
import { listNodes } from '../metadata/nodes.ts';
import { hasOwnTables, requireSchema } from '../metadata/schema.ts';
import { type NodeObservation, surveyNodes } from '../survey.ts';

export interface PromotionFacts {
  readonly nodeId: NodeId;
  /** What the local copy of the metadata holds. */
  readonly nodes: readonly NodeRecord[];
  /** The system identifier that the metadata was written for. */
  readonly recordedSystemIdentifier: string | undefined;
  /** Of the server of repmgr.conf. */
  readonly local: ServerStatus;
  /** What the nodes of the metadata answer, witnesses excepted; the own one is among them. */
  readonly observations: readonly NodeObservation[];
  readonly server: LocalServer;
  readonly mayPromoteBySql: boolean;
  /** recovery_min_apply_delay in words of PostgreSQL; undefined where there is none, or before 12 where it does not tell. */
  readonly applyDelay: string | undefined;
}

/**
 * Asks the local server and, all at once, every other node.
 * @throws RepmgrError schema_missing, schema_unknown, interrupted, or of the queries to the local server
 */
export async function inspectPromotion(
  local: Connection,
  config: Config,
  signal: AbortSignal,
): Promise<PromotionFacts> {
  const { clusterName, conninfo } = config;
  const schema = await requireSchema(local, clusterName);
  const nodes = await listNodes(local, clusterName);
  const asked = nodes.filter(({ role }) => role !== 'witness');
  const observations = await surveyNodes(asked, { signal, open: { connection: local, conninfo } });
  const delay = (await readSettings(local, ['recovery_min_apply_delay']))['recovery_min_apply_delay'];
  return {
    nodeId: config.nodeId as NodeId,
    nodes,
    recordedSystemIdentifier: hasOwnTables(schema)
      ? await recordedSystemIdentifier(local, clusterName)
      : undefined,
    local: await serverStatus(local, { signal }),
    observations,
    server: localServer(config, await knownDataDirectory(config, local)),
    mayPromoteBySql: await mayPromoteBySql(local),
    applyDelay: delay === '0' ? undefined : delay,
  };
}
