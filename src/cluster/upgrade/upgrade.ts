/** Upgrades metadata of repmgr 2 on the primary: inspect, plan, and one transaction that does it. */
import { failure, type RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { NodeId } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { isInRecovery } from '../../postgres/queries/server.ts';
import type { SqlStep } from '../../render/sql-script.ts';
import { qualified, schemaName } from '../metadata/names.ts';
import { inspectSchema, refuseUnknownSchema, schemaMissing } from '../metadata/schema.ts';
import { planSchemaUpgrade } from './plan.ts';
import { readRepmgr2Schema, type Repmgr2Schema } from './repmgr2.ts';

export type SchemaToUpgrade =
  | { readonly kind: 'repmgr2'; readonly found: Repmgr2Schema }
  /** Of repmgr 3 or ours: there is nothing to do. */
  | { readonly kind: 'current'; readonly isOurs: boolean };

/**
 * Looks, and changes nothing.
 * @throws RepmgrError not_a_primary, schema_missing, schema_unknown
 */
export async function inspectSchemaUpgrade(
  connection: Connection,
  cluster: string,
): Promise<SchemaToUpgrade> {
  const state = await inspectSchema(connection, cluster);
  if (state.kind === 'missing') {
    throw schemaMissing(
      connection,
      cluster,
      'Correct "cluster" and "conninfo" in repmgr.conf; for a new cluster run "repmgr primary register".',
    );
  }
  const found = state.kind === 'foreign' ? await readRepmgr2Schema(connection, cluster) : undefined;
  if (found === undefined) {
    if (state.kind === 'foreign') throw holdsSomethingElse(cluster, state.missing);
    refuseUnknownSchema(state, cluster);
    return { kind: 'current', isOurs: state.kind === 'ours' };
  }
  if (await isInRecovery(connection)) {
    throw failure('not_a_primary', {
      message: 'the metadata can be upgraded on the primary only',
      detail: `${connection.host}:${connection.port} is in recovery. Which node is the primary is not in the metadata of repmgr 2: it is taken from where the command is run.`,
      hint: 'Run the same command on the primary.',
    });
  }
  return { kind: 'repmgr2', found };
}

function holdsSomethingElse(cluster: string, missing: readonly string[]): RepmgrError {
  return failure('schema_unknown', {
    message: `schema "${schemaName(cluster)}" holds metadata of neither repmgr 2 nor repmgr 3`,
    detail: `For repmgr 3 it lacks ${missing.join(', ')}; "repl_nodes" of repmgr 2 has a column "witness" of type boolean, and none called "type".`,
    hint: 'Correct "cluster" and "conninfo" in repmgr.conf, or choose another "cluster" name.',
  });
}

/**
 * Locks the table, plans anew what the lock holds fast, and runs the statements: all or nothing.
 * @throws RepmgrError of the plan, query_failed, query_timeout or connection_lost
 */
export async function upgradeSchema(
  connection: Connection,
  cluster: string,
  primaryId: NodeId,
  onStep: (step: SqlStep) => void,
): Promise<void> {
  await connection.transaction(async () => {
    await connection.query(`LOCK TABLE ${qualified(cluster, 'repl_nodes')} IN ACCESS EXCLUSIVE MODE`);
    const found = await readRepmgr2Schema(connection, cluster);
    // Somebody else did it while we waited for the lock.
    if (found === undefined) return;
    for (const step of planSchemaUpgrade(cluster, found, primaryId)) {
      onStep(step);
      await connection.query(step.sql, [], { deadlineMs: limits.metadataChangeMs });
    }
  });
}
