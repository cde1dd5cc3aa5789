/** Writes the row of a witness on the primary and the copy of all rows on the witness: both, or neither. */
import { failure, RepmgrError } from '../../errors.ts';
import type { NodeRecord } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { readMetadata, replaceMetadata } from '../metadata/copy.ts';
import { forgetDaemon, recordDaemonAddress } from '../metadata/daemon-addresses.ts';
import { makeSchema } from '../metadata/make-schema.ts';
import { changeNodes, deleteNode, insertNode, listNodes, updateNode } from '../metadata/nodes.ts';
import { hasOwnTables } from '../metadata/schema.ts';
import type { RegistrationWish } from '../register/record.ts';
import { planWitnessRegistration, type WitnessFacts } from './registration-plan.ts';

export interface WitnessConnections {
  readonly primary: Connection;
  /** Undefined for a witness without PostgreSQL. */
  readonly witness: Connection | undefined;
}

/**
 * The plan is made again under the lock of the primary's rows. The witness commits last; should it fail to, the row on
 * the primary is taken back.
 * @throws RepmgrError of the plan and of the statements; metadata_not_updated where the row could not be taken back
 */
export async function registerWitness(
  { primary, witness }: WitnessConnections,
  facts: WitnessFacts,
  wish: RegistrationWish,
): Promise<void> {
  const cluster = wish.node.clusterName;
  let written: { readonly existing: NodeRecord | undefined } | undefined;
  const writeRow = async (): Promise<void> => {
    written = await changeNodes(primary, cluster, async () => {
      const nodes = await listNodes(primary, cluster);
      const { existing } = planWitnessRegistration({ ...facts, primary: { ...facts.primary, nodes } }, wish);
      await (existing === undefined ? insertNode : updateNode)(primary, cluster, wish.node);
      const ownTables = { hasOwnTables: hasOwnTables(facts.primary.schema) };
      if (ownTables.hasOwnTables) {
        await recordDaemonAddress(primary, cluster, wish.node.id, wish.daemonAddress);
      }
      if (witness !== undefined) {
        await replaceMetadata(witness, cluster, await readMetadata(primary, cluster, ownTables));
      }
      return { existing };
    });
  };
  try {
    if (witness === undefined) {
      await writeRow();
      return;
    }
    await witness.transaction(async () => {
      await makeSchema(witness, cluster);
      await writeRow();
    });
  } catch (error) {
    if (written !== undefined) await takeBack(primary, facts, wish, written.existing, error);
    throw error;
  }
}

async function takeBack(
  primary: Connection,
  facts: WitnessFacts,
  { node }: RegistrationWish,
  existing: NodeRecord | undefined,
  reason: unknown,
): Promise<void> {
  const cluster = node.clusterName;
  try {
    await changeNodes(primary, cluster, async () => {
      if (existing !== undefined) {
        await updateNode(primary, cluster, existing);
        return;
      }
      await deleteNode(primary, cluster, node.id);
      if (hasOwnTables(facts.primary.schema)) await forgetDaemon(primary, cluster, node.id);
    });
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    throw failure('metadata_not_updated', {
      message: 'the witness has no copy of the metadata, but its row on the primary could not be taken back',
      detail: [reason instanceof Error ? reason.message : String(reason), error.message].join('\n'),
      hint: `When the primary answers again: repmgr witness unregister --node-id=${node.id}`,
      cause: error,
    });
  }
}
