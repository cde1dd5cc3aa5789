/** Looks at the primary and at the server of a witness; changes nothing. */
import { failure } from '../../errors.ts';
import type { Connection } from '../../postgres/connection.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { systemIdentifier } from '../../postgres/queries/server.ts';
import { targetName } from '../../postgres/targets.ts';
import { recordedSystemIdentifier } from '../metadata/cluster-row.ts';
import { listNodes } from '../metadata/nodes.ts';
import { hasOwnTables, inspectSchema, requireSchema } from '../metadata/schema.ts';
import type { PrimaryOfWitness, WitnessInstance } from './registration-plan.ts';

/** @throws RepmgrError not_a_primary, schema_missing, schema_unknown, or of the queries */
export async function inspectPrimaryOfWitness(
  primary: Connection,
  cluster: string,
): Promise<PrimaryOfWitness> {
  const place = targetName(primary);
  const state = await recoveryState(primary);
  if (state.isInRecovery) {
    throw failure('not_a_primary', {
      message: 'the server of the connection options is not the primary',
      detail: `${place} is in recovery.`,
      hint: 'Give host and port of the primary; "repmgr cluster show" on any node says which one it is.',
    });
  }
  return {
    place,
    schema: await requireSchema(primary, cluster),
    nodes: await listNodes(primary, cluster),
    instance: state.instance,
    systemIdentifier: await systemIdentifier(primary),
  };
}

/** @throws RepmgrError of the queries */
export async function inspectWitness(witness: Connection, cluster: string): Promise<WitnessInstance> {
  const schema = await inspectSchema(witness, cluster);
  return {
    place: targetName(witness),
    ...(await recoveryState(witness)),
    systemIdentifier: await systemIdentifier(witness),
    schema,
    recordedSystemIdentifier: hasOwnTables(schema)
      ? await recordedSystemIdentifier(witness, cluster)
      : undefined,
  };
}
