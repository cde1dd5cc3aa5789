/** The copy of the metadata on a witness that leaves its cluster. */
import type { NodeId } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { forgetDaemon } from '../metadata/daemon-addresses.ts';
import { changeNodes, deleteNode } from '../metadata/nodes.ts';
import { hasOwnTables, inspectSchema } from '../metadata/schema.ts';

/** Deletes the row of the witness in its own copy, where it has one. @throws RepmgrError of the statements */
export async function removeFromCopy(witness: Connection, cluster: string, id: NodeId): Promise<void> {
  const schema = await inspectSchema(witness, cluster);
  if (schema.kind === 'missing' || schema.kind === 'foreign') return;
  await changeNodes(witness, cluster, async () => {
    await deleteNode(witness, cluster, id);
    if (hasOwnTables(schema)) await forgetDaemon(witness, cluster, id);
  });
}
