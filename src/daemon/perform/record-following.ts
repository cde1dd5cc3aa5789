/** Whom this node streams from, in the metadata of the primary: written behind a failover, which waits for none of it. */
import { findNode, recordFollow } from '../../cluster/metadata/nodes.ts';
import { limits } from '../../limits.ts';
import type { NodeRecord } from '../../model/node.ts';
import { connect } from '../../postgres/connection.ts';
import type { PerformContext } from './context.ts';

/** Never throws: whoever looks at the cluster sees the disagreement, and the next follow writes it. */
export async function recordFollowing(
  { config, self, addresses, log }: PerformContext,
  primary: NodeRecord,
): Promise<void> {
  try {
    const options = { deadlineMs: limits.primaryConnectMs };
    const connection = await connect(addresses.addressed(primary.conninfo), options);
    try {
      const row = await findNode(connection, config.clusterName, self);
      const isRight = row?.role === 'standby' && row.upstreamNodeId === primary.id && row.isActive;
      if (!isRight) await recordFollow(connection, config.clusterName, self, primary.id);
    } finally {
      await connection.close();
    }
  } catch (error) {
    log.info(`the metadata do not say yet that this node follows node ${primary.id}`, {
      detail: error instanceof Error ? error.message : String(error),
    });
  }
}
