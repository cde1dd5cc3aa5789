/** Witnesses without PostgreSQL, which commands that look at every node ask by HTTP. */
import { listDaemonAddresses } from '../cluster/metadata/daemon-addresses.ts';
import { hasOwnTables, inspectSchema } from '../cluster/metadata/schema.ts';
import type { SurveyOptions } from '../cluster/survey.ts';
import type { NodeRecord } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import type { CommandContext } from './command.ts';

/**
 * @param connection to a server with the metadata
 * @returns how a survey asks them; undefined where there are none, so that nothing is asked in vain
 * @throws RepmgrError of the queries
 */
export async function serverlessWitnesses(
  { config, signal }: CommandContext,
  connection: Connection,
  clusterName: string,
  nodes: readonly NodeRecord[],
): Promise<SurveyOptions['askDaemon']> {
  if (!nodes.some(({ role, conninfo }) => role === 'witness' && conninfo === '')) return undefined;
  // Most clusters have none, and HTTP takes its time to load.
  const [{ tlsFilesOf }, { readPage }] = await Promise.all([
    import('../api/certificates.ts'),
    import('../api/page-client.ts'),
  ]);
  const hasAddresses = hasOwnTables(await inspectSchema(connection, clusterName));
  const addresses = hasAddresses ? await listDaemonAddresses(connection, clusterName) : new Map();
  const tls = config && tlsFilesOf(config);
  return async ({ id }) => {
    const address = addresses.get(id);
    if (address === undefined) return 'the address of its repmgrd is not known';
    try {
      const page = await readPage({ address, path: '/cluster', tls, signal });
      const isOurs = typeof page === 'object' && page !== null && 'node' in page && page.node === id;
      return isOurs ? undefined : `${address}: what answers there is not its repmgrd`;
    } catch (error) {
      return `${address}: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
}
