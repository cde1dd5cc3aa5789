/** Decides how a primary is registered. Pure: facts in, steps in words out. */
import { failure } from '../../errors.ts';
import type { NodeRecord } from '../../model/node.ts';
import { describeMigrations } from '../metadata/migrations.ts';
import { schemaName, type SchemaState } from '../metadata/schema.ts';
import { nodeLabel, refuseTakenId, refuseTakenName, type RegistrationWish } from './record.ts';

export interface PrimaryFacts {
  readonly schema: SchemaState;
  readonly nodes: readonly NodeRecord[];
  /** Undefined before PostgreSQL 9.6. */
  readonly systemIdentifier: string | undefined;
  /** The system identifier that the metadata was written for. */
  readonly recordedSystemIdentifier: string | undefined;
  /** A node that accepts writes and is another server than the local one. */
  readonly otherPrimary: NodeRecord | undefined;
}

export interface PrimaryPlan {
  readonly steps: readonly string[];
  readonly change: 'insert' | 'update';
  /** Registered as the active primary until now; their rows become inactive. */
  readonly formerPrimaries: readonly NodeRecord[];
}

/**
 * @throws RepmgrError several_primaries, other_primary_registered, node_id_taken, node_name_taken or
 *   system_identifier_differs
 */
export function planPrimaryRegistration(facts: PrimaryFacts, wish: RegistrationWish): PrimaryPlan {
  const formerPrimaries = refuseOtherPrimary(facts, wish);
  const existing = refuseTakenId(wish, facts.nodes);
  refuseTakenName(wish.node, facts.nodes);
  refuseOtherSystem(facts, wish);
  const change = existing === undefined ? 'insert' : 'update';
  return { change, formerPrimaries, steps: describeSteps(facts, wish, { change, formerPrimaries }) };
}

/** A node of the cluster that was promoted takes the place of the former primary; only with `--force`. */
function refuseOtherPrimary(
  { otherPrimary, nodes }: PrimaryFacts,
  { node: wanted, force }: RegistrationWish,
): readonly NodeRecord[] {
  if (otherPrimary !== undefined) {
    throw failure('several_primaries', {
      message: 'another node accepts writes',
      detail: `Node ${nodeLabel(otherPrimary)} is a primary at this moment.`,
      hint: 'Stop one of the two; to make this node a standby clone it again or run "repmgr standby follow".',
    });
  }
  const formerPrimaries = nodes.filter(
    ({ role, isActive, id }) => role === 'primary' && isActive && id !== wanted.id,
  );
  const [registered] = formerPrimaries;
  const isRegisteredItself = nodes.some(({ id }) => id === wanted.id);
  if (registered === undefined || (isRegisteredItself && force)) return formerPrimaries;
  throw failure('other_primary_registered', {
    message: 'another node is registered as the active primary',
    detail: `Node ${nodeLabel(registered)} has an active row; a cluster has one primary.`,
    hint: isRegisteredItself
      ? `If node ${nodeLabel(wanted)} was promoted and the other one is stopped, add --force.`
      : `If it is gone for good, run "repmgr primary unregister --node-id=${registered.id} --force" first.`,
  });
}

function refuseOtherSystem(facts: PrimaryFacts, { force }: { readonly force: boolean }): void {
  const { systemIdentifier, recordedSystemIdentifier } = facts;
  if (force || systemIdentifier === undefined || recordedSystemIdentifier === undefined) return;
  if (systemIdentifier === recordedSystemIdentifier) return;
  throw failure('system_identifier_differs', {
    message: 'the metadata in this database belongs to another cluster',
    detail: `The server has system identifier ${systemIdentifier}, the metadata were made on ${recordedSystemIdentifier}.`,
    hint: 'If they came here by pg_dump or pg_upgrade, add --force.',
  });
}

function describeSteps(
  facts: PrimaryFacts,
  { node, daemonAddress }: RegistrationWish,
  { change, formerPrimaries }: Omit<PrimaryPlan, 'steps'>,
): string[] {
  const applied = facts.schema.kind === 'ours' ? facts.schema.migration : 0;
  const schema = facts.schema.kind === 'missing' ? [`create schema "${schemaName(node.clusterName)}"`] : [];
  return [
    ...schema,
    ...describeMigrations(applied),
    ...formerPrimaries.map((former) => `update the row of node ${nodeLabel(former)}: an inactive primary`),
    change === 'insert'
      ? `register node ${nodeLabel(node)} as the primary, its repmgrd at ${daemonAddress}`
      : `update the row of node ${nodeLabel(node)}: the active primary, its repmgrd at ${daemonAddress}`,
  ];
}
