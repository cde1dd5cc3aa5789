/** The rows of this node in the metadata, as repmgr.conf has them: a repmgrd completes and corrects its own. */
import { recordedSystemIdentifier, writeClusterRow } from '../cluster/metadata/cluster-row.ts';
import { recordDaemonAddress } from '../cluster/metadata/daemon-addresses.ts';
import { makeSchema } from '../cluster/metadata/make-schema.ts';
import { changeNodes, findNode, updateNode } from '../cluster/metadata/nodes.ts';
import { hasOwnTables, requireSchema } from '../cluster/metadata/schema.ts';
import type { Config } from '../config/resolve.ts';
import type { Logger } from '../log/logger.ts';
import type { NodeId } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import { systemIdentifier } from '../postgres/queries/server.ts';

export interface OwnRegistration {
  readonly config: Config;
  readonly self: NodeId;
  /** As the metadata had it when it was read last; undefined: none. */
  readonly recordedAddress: string | undefined;
  readonly recordedConninfo: string | undefined;
  readonly log: Logger;
}

/**
 * Writes what differs. A schema that repmgr 3 made gets our tables, and the secret that all repmgrds share.
 * @param primary to the primary
 * @throws RepmgrError of the statements, schema_missing, schema_unknown
 */
export async function keepOwnRegistration(primary: Connection, registration: OwnRegistration): Promise<void> {
  const { config, self, recordedAddress, recordedConninfo, log } = registration;
  const { clusterName, apiAdvertise, conninfo } = config;
  const schema = await requireSchema(primary, clusterName);
  if (!hasOwnTables(schema)) {
    await completeSchema(primary, clusterName);
    log.notice(`the metadata of cluster "${clusterName}" were completed with the tables of repmgrd`);
  }
  if (recordedAddress === apiAdvertise && recordedConninfo === conninfo) return;
  await changeNodes(primary, clusterName, async () => {
    const node = await findNode(primary, clusterName, self);
    if (node === undefined) return;
    if (node.conninfo !== conninfo) {
      await updateNode(primary, clusterName, { ...node, conninfo });
      log.notice('the conninfo of this node was corrected in the metadata, as repmgr.conf has it');
    }
    await recordDaemonAddress(primary, clusterName, self, apiAdvertise);
  });
}

async function completeSchema(primary: Connection, clusterName: string): Promise<void> {
  const identifier = await systemIdentifier(primary);
  await primary.transaction(async () => {
    await makeSchema(primary, clusterName);
    const known = await recordedSystemIdentifier(primary, clusterName);
    await writeClusterRow(primary, clusterName, known ?? identifier);
  });
}
