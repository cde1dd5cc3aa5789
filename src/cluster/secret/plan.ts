/** A change of the secret that the repmgrds of a cluster share, as a list of steps; which of them must hear of it. Pure. */
import { failure } from '../../errors.ts';
import type { NodeRecord } from '../../model/node.ts';
import type { SecretStage, SecretState } from '../metadata/cluster-secret.ts';
import { nodeLabel } from '../register/record.ts';

type NamedNode = Pick<NodeRecord, 'id' | 'name' | 'conninfo'>;

/** A node, and what its repmgrd says. */
export interface SecretHolder {
  readonly node: NamedNode;
  /** The version that it knows; undefined: it was not asked with success. */
  readonly secretVersion: number | undefined;
  /** Why not. */
  readonly reason: string | undefined;
}

export interface RotationFacts {
  /** In words, of the metadata. */
  readonly migrations: readonly string[];
  /** Undefined where the metadata have no secret, or could have no second one yet. */
  readonly state: SecretState | undefined;
  readonly holders: readonly SecretHolder[];
}

export interface RotationPlan {
  readonly steps: readonly string[];
  /** Those that must take each step over before the next one is made. */
  readonly awaited: readonly NamedNode[];
  readonly left: readonly NamedNode[];
}

/**
 * @param wish `force`: also without those whose repmgrd does not answer
 * @throws RepmgrError secret_unspread
 */
export function planRotation(
  { migrations, state, holders }: RotationFacts,
  wish: { readonly force: boolean },
): RotationPlan {
  const silent = holders.filter(({ secretVersion }) => secretVersion === undefined);
  if (silent.length > 0 && !wish.force) throw unheard(silent);
  const awaited = holders.filter((holder) => !silent.includes(holder)).map(({ node }) => node);
  const left = silent.map(({ node }) => node);
  const names = awaited.map(nodeLabel).join(', ');
  const wait = awaited.length === 0 ? [] : [`wait until the repmgrds of ${names} know of it`];
  const stages: readonly SecretStage[] = ['settled', 'announced', 'taken'];
  const ahead = stages.slice(stages.indexOf(state?.stage ?? 'settled'));
  return { steps: [...migrations, ...ahead.flatMap((stage) => [stepFrom[stage], ...wait])], awaited, left };
}

/** What is done next in each state, in words. */
export const stepFrom = {
  settled: 'make a new secret, which is accepted beside the present one',
  announced: 'sign with the new secret; the former one is still accepted',
  taken: 'end the former secret',
} as const satisfies Record<SecretStage, string>;

/** What whoever was left out has to do, in sentences. */
export function adviceFor(node: NamedNode): string {
  return node.conninfo === ''
    ? `witness ${nodeLabel(node)} has to join again: "repmgr witness invite" on the primary, then there, with the token, "repmgr daemon stop", "repmgr witness join --force", "repmgr daemon start"`
    : `node ${nodeLabel(node)} reads the new secret when its repmgrd starts, from its own server or from that of another node`;
}

function unheard(silent: readonly SecretHolder[]): Error {
  const reasons = silent.map(({ node, reason }) => `${nodeLabel(node)}: ${reason}`);
  return failure('secret_unspread', {
    message: `not every repmgrd can be told of a new secret: ${silent.length} do not answer`,
    detail: `${reasons.join('; ')}. Nothing was changed.`,
    hint: 'Start them ("repmgr daemon start" on each node), or add --force to go on without them; "--force --dry-run" says what they need then.',
  });
}
