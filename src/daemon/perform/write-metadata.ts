/** Who is the primary now, in the metadata: written behind the failover, which waits for none of it. */
import { recordLeader } from '../../cluster/metadata/leader.ts';
import type { ActionResult } from '../../failover/events.ts';
import type { PerformContext } from './context.ts';

/** @throws RepmgrError of the statements; nothing is changed then */
export async function writeMetadata(
  { connections, config, self, record }: PerformContext,
  term: number,
): Promise<ActionResult> {
  const connection = await connections.get('metadata');
  await recordLeader(connection, config.clusterName, { id: self, term, record: record() });
  return { kind: 'done' };
}
