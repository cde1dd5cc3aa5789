/** Term 1: won by stored votes for the recorded primary, and never again (rule 0). */
import type { NodeId } from '../model/node.ts';
import type { Refusal, VoteRequest } from './messages.ts';
import { isWritable } from './own-wal.ts';
import { isMember } from './quorum.ts';
import type { State } from './state.ts';
import { firstTerm, noTerm } from './term.ts';

/** Whether this node may ask for term 1: nobody ever had a term, and it is the primary by everybody's metadata. */
export function mayBootstrap({ durable, metadata, settings }: State): boolean {
  return (
    !durable.hasLostState &&
    (durable.record === null || durable.record.version.term === noTerm) &&
    durable.leader === null &&
    (durable.term === noTerm || (durable.term === firstTerm && durable.vote?.candidate === settings.self)) &&
    metadata.primary === settings.self &&
    metadata.namesTerm === false
  );
}

export function bootstrapRefusal(state: State, from: NodeId, request: VoteRequest): Refusal | null {
  const { durable, metadata, settings, consideration } = state;
  if (durable.hasLostState) {
    return 'noState';
  }
  const isRepeated = durable.vote?.term === request.term && durable.vote.candidate === from;
  if (metadata.namesTerm === null) {
    return 'noState';
  }
  if (
    metadata.namesTerm ||
    durable.leader !== null ||
    (durable.term !== noTerm && !isRepeated) ||
    request.term !== firstTerm
  ) {
    return 'termOneIsOver';
  }
  if (!isMember(request.record, settings.self) || !isMember(request.record, from)) {
    return 'notAMember';
  }
  if (isWritable(state) || (metadata.primary !== null && metadata.primary !== from)) {
    return 'notTheRecordedPrimary';
  }
  return consideration !== null && consideration.candidate !== from ? 'busy' : null;
}
