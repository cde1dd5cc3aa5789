/** Logical replication slots that the next failover would lose. Pure. */
import { type LostSlots, slotsNotCopied, slotsWithoutCopies } from '../logical-slots.ts';
import type { NodeObservation } from '../survey.ts';
import {
  type AnsweringNode,
  answeringServers,
  type Disagreement,
  type DisagreementCode,
  nameOf,
  primariesAmong,
} from './disagreement.ts';

/** Where no standby may be promoted nothing is failed over. */
export function logicalSlotDisagreements(observations: readonly NodeObservation[]): Disagreement[] {
  const candidates = observations.filter(({ node }) => node.role === 'standby' && node.priority > 0);
  if (candidates.length === 0) return [];
  const standbys = answeringServers(observations).filter(
    ({ node, status }) => status.isInRecovery && candidates.some((it) => it.node.id === node.id),
  );
  return primariesAmong(observations).flatMap((primary) => ofPrimary(primary, standbys));
}

function ofPrimary({ node, status }: AnsweringNode, standbys: readonly AnsweringNode[]): Disagreement[] {
  const found = (it: AnsweringNode['node'], code: DisagreementCode, lost: LostSlots | undefined) =>
    lost === undefined ? [] : [{ nodeId: it.id, code, ...lost }];
  return [
    ...found(node, 'logical_slot_lost', slotsWithoutCopies(status.logicalSlots, nameOf(node))),
    ...standbys.flatMap((standby) =>
      found(
        standby.node,
        'logical_slot_not_copied',
        slotsNotCopied(status.logicalSlots, standby.status.logicalSlots, nameOf(standby.node)),
      ),
    ),
  ];
}
