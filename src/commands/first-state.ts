/** The first state file of a witness without PostgreSQL that was registered over SQL: the metadata of the primary. */
import { noFacts } from '../cluster/cluster-facts.ts';
import { readMetadataFacts } from '../cluster/metadata/facts.ts';
import { makeStateDirectory } from '../cluster/state-directory.ts';
import { writeStateFile } from '../cluster/state-file.ts';
import type { Config } from '../config/resolve.ts';
import type { Connection } from '../postgres/connection.ts';
import { checkedNodeId } from './local-node.ts';
import { formerState } from './witness-state.ts';

/** @throws RepmgrError of reading the metadata, state_directory_unusable, state_file_unreadable; the system's error */
export async function writeFirstState(primary: Connection, config: Config): Promise<void> {
  const { stateDirectory, clusterName, nodeId } = config;
  const owner = { stateDirectory, clusterName, self: checkedNodeId(nodeId, 'node') };
  await makeStateDirectory(config);
  const former = await formerState(owner, config, true);
  const { nodes, addresses, cluster } = await readMetadataFacts(primary, clusterName, true);
  await writeStateFile(owner, {
    facts: {
      ...noFacts,
      nodes,
      addresses,
      namesTerm: (cluster?.term ?? 0) > 0,
      systemIdentifier: cluster?.systemIdentifier ?? null,
      secrets: cluster?.secrets ?? [],
      secretVersion: cluster?.secretVersion ?? 0,
    },
    durable: former?.durable ?? null,
    invitations: [],
  });
}
