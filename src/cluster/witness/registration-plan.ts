/** Decides how a witness is registered. Pure: facts in, steps in words out. */
import { failure } from '../../errors.ts';
import type { NodeRecord } from '../../model/node.ts';
import { describeMigrations } from '../metadata/migrations.ts';
import { hasOwnTables, refuseUnknownSchema, schemaName, type SchemaState } from '../metadata/schema.ts';
import { nodeLabel, refuseTakenId, refuseTakenName, type RegistrationWish } from '../register/record.ts';

/** The primary, and what its metadata say. */
export interface PrimaryOfWitness {
  /** `node1:5432`. */
  readonly place: string;
  readonly schema: SchemaState;
  readonly nodes: readonly NodeRecord[];
  /** Start time and port of the running server. */
  readonly instance: string;
  /** Undefined before PostgreSQL 9.6. */
  readonly systemIdentifier: string | undefined;
}

/** The server that is to hold the copy. */
export interface WitnessInstance {
  readonly place: string;
  readonly isInRecovery: boolean;
  readonly instance: string;
  readonly systemIdentifier: string | undefined;
  readonly schema: SchemaState;
  /** Of the cluster whose metadata it holds already. */
  readonly recordedSystemIdentifier: string | undefined;
}

export interface WitnessFacts {
  readonly primary: PrimaryOfWitness;
  /** Undefined: a witness without PostgreSQL. `new`: one that is about to be made, and so empty. */
  readonly witness: WitnessInstance | 'new' | undefined;
}

export interface WitnessPlan {
  readonly steps: readonly string[];
  /** The row that the node has already; it is replaced. */
  readonly existing: NodeRecord | undefined;
}

/** @throws RepmgrError node_id_taken, node_name_taken, witness_unsuitable, schema_unknown or system_identifier_differs */
export function planWitnessRegistration(facts: WitnessFacts, wish: RegistrationWish): WitnessPlan {
  const { primary, witness } = facts;
  const existing = refuseTakenId(wish, primary.nodes);
  if (existing !== undefined) refuseOtherRole(existing);
  refuseTakenName(wish.node, primary.nodes);
  if (witness !== undefined && witness !== 'new') refuseUnsuitableServer(primary, witness, wish);
  return { existing, steps: [...stepsOnWitness(facts, wish), stepOnPrimary(primary, wish, existing)] };
}

/** Not even --force turns the row of a server with data into one of a witness. */
function refuseOtherRole(existing: NodeRecord): void {
  if (existing.role === 'witness') return;
  throw failure('node_id_taken', {
    message: `node id ${existing.id} is that of a ${existing.role}`,
    detail: `Node ${nodeLabel(existing)} is registered as a ${existing.role}; --force replaces the row of a witness only.`,
    hint: `Set another "node" in the repmgr.conf of the witness, or run "repmgr ${existing.role} unregister --node-id=${existing.id}" first.`,
  });
}

function refuseUnsuitableServer(
  primary: PrimaryOfWitness,
  witness: WitnessInstance,
  { node, force }: RegistrationWish,
): void {
  const isSameSystem =
    witness.systemIdentifier !== undefined && witness.systemIdentifier === primary.systemIdentifier;
  const isPrimaryItself =
    witness.instance === primary.instance && witness.systemIdentifier === primary.systemIdentifier;
  if (isPrimaryItself) {
    throw unsuitable(
      'the witness would be the primary itself',
      `"conninfo" in repmgr.conf and the connection options lead to the same server, ${witness.place}.`,
    );
  }
  if (witness.isInRecovery) {
    throw unsuitable(
      'the server of the witness is a standby',
      `${witness.place} is in recovery; a witness must be writable and hold no copy of the data.`,
    );
  }
  if (isSameSystem) {
    throw unsuitable(
      'the server of the witness holds the data of the cluster',
      `${witness.place} has the same system identifier as the primary ${primary.place}, ${primary.systemIdentifier}.`,
    );
  }
  refuseUnknownSchema(witness.schema, node.clusterName);
  if (witness.schema.kind !== 'missing') refuseMetadataOfOthers(primary, witness, { node, force });
}

function unsuitable(message: string, detail: string): Error {
  return failure('witness_unsuitable', {
    message,
    detail,
    hint: 'Correct "conninfo" in the repmgr.conf of the witness: it needs a PostgreSQL of its own, on a host of its own.',
  });
}

/** A copy of this very cluster's metadata may be replaced by a newer copy. */
function refuseMetadataOfOthers(
  primary: PrimaryOfWitness,
  witness: WitnessInstance,
  { node, force }: Pick<RegistrationWish, 'node' | 'force'>,
): void {
  const recorded = witness.recordedSystemIdentifier;
  const schema = schemaName(node.clusterName);
  if (recorded !== undefined && recorded === primary.systemIdentifier) return;
  if (recorded !== undefined && primary.systemIdentifier !== undefined) {
    throw failure('system_identifier_differs', {
      message: `schema "${schema}" on the witness belongs to another cluster`,
      detail: `It holds metadata of the cluster with system identifier ${recorded}; the primary ${primary.place} has ${primary.systemIdentifier}.`,
      hint: 'Name another database in "conninfo" of this witness. If nobody needs that metadata: DROP SCHEMA on the witness.',
    });
  }
  if (force) return;
  throw failure('witness_unsuitable', {
    message: `schema "${schema}" exists on the witness already`,
    detail: 'It does not say of which cluster it is, as one that was made by repmgr 3.',
    hint: 'If it is an older copy of this cluster, add --force to replace its rows.',
  });
}

function stepsOnWitness({ primary, witness }: WitnessFacts, { node }: RegistrationWish): string[] {
  if (witness === undefined) return [];
  const schema = witness === 'new' ? ({ kind: 'missing' } as const) : witness.schema;
  return [
    ...(schema.kind === 'missing' ? [`create schema "${schemaName(node.clusterName)}" on the witness`] : []),
    ...describeMigrations(schema.kind === 'ours' ? schema.migration : 0).map(
      (words) => `on the witness: ${words}`,
    ),
    `copy the rows of ${primary.nodes.length} nodes from the primary to the witness`,
  ];
}

function stepOnPrimary(
  { schema }: PrimaryOfWitness,
  { node, daemonAddress }: RegistrationWish,
  existing: NodeRecord | undefined,
): string {
  const daemon = hasOwnTables(schema) ? `, its repmgrd at ${daemonAddress}` : '';
  const kind = node.conninfo === '' ? 'a witness without PostgreSQL' : 'a witness';
  return existing === undefined
    ? `register node ${nodeLabel(node)} as ${kind}${daemon}`
    : `update the row of node ${nodeLabel(node)}: ${kind}${daemon}`;
}
