/** Which siblings are to follow a standby that is going to be promoted, and whether it can serve them. Pure. */
import { failure, type RepmgrError } from '../../errors.ts';
import type { ServerStatus } from '../../postgres/queries/server-status.ts';
import { nodeLabel } from '../register/record.ts';
import { inWords, type SiblingFacts, siblingsRefusal } from './sibling.ts';

export interface SiblingPlan {
  readonly steps: readonly string[];
  readonly siblings: readonly SiblingFacts[];
  /** Told before anything is done. */
  readonly warnings: readonly { readonly message: string; readonly hint?: string }[];
}

/** The standby that is going to be promoted. */
export interface Candidate {
  readonly status: Pick<ServerStatus, 'slots' | 'walSenders'>;
  readonly maxWalSenders: number;
  readonly maxReplicationSlots: number;
  /** Slots that the promotion drops. */
  readonly slotsToDrop: readonly string[];
}

/**
 * @param force go on with those siblings that can be reached
 * @throws RepmgrError siblings_unreachable, siblings_too_many
 */
export function planSiblings(
  siblings: readonly SiblingFacts[],
  candidate: Candidate,
  { force }: { readonly force: boolean },
): SiblingPlan {
  const refused = siblings.flatMap(({ node, refusal }) =>
    refusal === undefined ? [] : [{ node, error: refusal }],
  );
  const reachable = siblings.filter(({ refusal, isDown }) => refusal === undefined && !isDown);
  const lack = lackOfRoom(reachable, candidate);
  if (!force && refused.length > 0) {
    throw siblingsRefusal(
      refused.length === 1
        ? 'repmgr cannot be run on the host of a node that is to follow'
        : `repmgr cannot be run on the hosts of ${refused.length} nodes that are to follow`,
      refused,
      refused[0]?.error.hint ?? 'Correct that, or add --force to go on without them.',
    );
  }
  if (!force && lack !== undefined) throw lack;
  const standbys = siblings.filter(({ node }) => node.role === 'standby');
  return {
    siblings: reachable,
    steps: reachable.map(
      ({ node }) =>
        `have node ${nodeLabel(node)} ${node.role === 'witness' ? 'copy its metadata from' : 'follow'} this one, by SSH`,
    ),
    warnings: [
      ...siblings
        .filter(({ isDown }) => isDown)
        .map(({ node }) => ({
          message: `node ${nodeLabel(node)} does not answer, and will not follow`,
          hint: `When it is back, run there: repmgr ${node.role === 'witness' ? 'witness register --force' : 'standby follow'}`,
        })),
      ...refused.map(({ node, error }) => ({
        message: `node ${nodeLabel(node)} will not follow: ${inWords(error)}`,
        hint: 'Run "repmgr standby follow" there yourself.',
      })),
      ...(lack === undefined ? [] : [{ message: inWords(lack), ...(lack.hint && { hint: lack.hint }) }]),
      ...(standbys.length === 0 ? [{ message: 'no other standby streams from the same upstream' }] : []),
    ],
  };
}

/** One WAL sender for each, and a slot for each that has one. */
function lackOfRoom(siblings: readonly SiblingFacts[], candidate: Candidate): RepmgrError | undefined {
  const { status, maxWalSenders, maxReplicationSlots, slotsToDrop } = candidate;
  const standbys = siblings.filter(({ node }) => node.role === 'standby');
  const senders = (status.walSenders === 'hidden' ? 0 : status.walSenders.length) + standbys.length;
  if (senders > maxWalSenders) return tooMany('max_wal_senders', maxWalSenders, senders);
  const kept = (status.slots ?? []).map(({ name }) => name).filter((name) => !slotsToDrop.includes(name));
  const wanted = standbys.flatMap(({ node }) => (node.slotName === undefined ? [] : [node.slotName]));
  const slots = new Set([...kept, ...wanted]).size;
  if (wanted.length > 0 && slots > maxReplicationSlots) {
    return tooMany('max_replication_slots', maxReplicationSlots, slots);
  }
  return undefined;
}

function tooMany(setting: string, found: number, needed: number): RepmgrError {
  return failure('siblings_too_many', {
    message: `this server cannot serve all nodes that are to follow: ${setting} is too small`,
    detail: `It is ${found}, and ${needed} are needed.`,
    hint: `Set ${setting} = ${needed} or more here and restart, or add --force: the others will not stream then.`,
  });
}
