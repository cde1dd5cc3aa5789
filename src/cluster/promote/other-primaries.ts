/** Keeps a standby from being promoted beside a primary that runs, or that may run. Pure. */
import { failure } from '../../errors.ts';
import type { NodeRecord } from '../../model/node.ts';
import { nodeLabel } from '../register/record.ts';
import type { NodeObservation } from '../survey.ts';
import type { PromotionFacts } from './inspect.ts';
import type { PromotionWarning, PromotionWish } from './wish.ts';

/**
 * A server that accepts writes is never overruled. A registered primary that runs and does not let us in (it is
 * starting or stopping, has no connection left, refuses us) may accept the writes of others: only `--force` goes on.
 * One that is gone, or says nothing, is what promotions are for.
 * @returns warnings
 * @throws RepmgrError other_primary_running
 */
export function refuseOtherPrimaries(
  facts: PromotionFacts,
  wish: PromotionWish,
): readonly PromotionWarning[] {
  const others = facts.observations.filter(({ node }) => node.id !== facts.nodeId);
  const writable = others.filter((other) => isOtherPrimary(other, facts.local.instance));
  if (writable.length > 0) {
    const names = writable.map(({ node }) => nodeLabel(node)).join(', ');
    const isOne = writable.length === 1;
    throw failure('other_primary_running', {
      message: isOne ? 'another node is a primary' : 'other nodes are primaries',
      detail: isOne ? `Node ${names} accepts writes.` : `These nodes accept writes: ${names}.`,
      hint: `Stop ${isOne ? 'it' : 'them'} first; two primaries at a time write what no one can put together again.`,
    });
  }
  const refusing = others.flatMap(({ node, answer }) =>
    answer.kind === 'refusing' && isActivePrimary(node) ? [{ node, reason: answer.reason }] : [],
  );
  const [first] = refusing;
  if (first !== undefined && !wish.force) {
    throw failure('other_primary_running', {
      message: `the registered primary, node ${nodeLabel(first.node)}, runs, but does not let us in`,
      detail: `It says: ${first.reason}. Others may be writing to it.`,
      hint: 'Make sure that it is stopped and stays so, then try again; --force promotes without asking it.',
    });
  }
  return [
    ...refusing.map(({ node, reason }) => ({
      message: `the registered primary, node ${nodeLabel(node)}, runs, but does not let us in: ${reason}`,
      hint: 'Stop it: there are two primaries from now on if others can write to it.',
    })),
    ...warnOfStream(facts, others),
  ];
}

function isOtherPrimary({ answer }: NodeObservation, localInstance: string): boolean {
  return (
    answer.kind === 'answered' && !answer.status.isInRecovery && answer.status.instance !== localInstance
  );
}

function isActivePrimary({ role, isActive }: NodeRecord): boolean {
  return role === 'primary' && isActive;
}

/** A host that vanished leaves the WAL receiver waiting for up to a minute, so this is no proof that it runs. */
function warnOfStream(
  { local, nodes, nodeId }: PromotionFacts,
  others: readonly NodeObservation[],
): readonly PromotionWarning[] {
  if (typeof local.walReceiver !== 'object' || local.walReceiver.status !== 'streaming') return [];
  const upstreamId = nodes.find(({ id }) => id === nodeId)?.upstreamNodeId;
  const upstream = others.find(({ node, answer }) => node.id === upstreamId && answer.kind !== 'answered');
  if (upstream === undefined || !isActivePrimary(upstream.node)) return [];
  return [
    {
      message: `the WAL receiver still has its connection to node ${nodeLabel(upstream.node)}`,
      hint: 'If that server runs after all, stop it: there would be two primaries.',
    },
  ];
}
