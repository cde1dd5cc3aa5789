/** An operator has this standby follow the primary, or another standby: judged as what it would do by itself (rule 4). */
import type { NodeId } from '../model/node.ts';
import type { KnownLeader } from './durable.ts';
import { cannotFollow, follow, followedLeader, isOccupied } from './followed-leader.ts';
import type { PendingRequest } from './leader-state.ts';
import { isInTouch } from './lease.ts';
import { nameOf } from './names.ts';
import { answerRequest } from './request-answers.ts';
import type { State } from './state.ts';
import { store, type Turn } from './turn.ts';

export function followOnRequest(turn: Turn, pending: PendingRequest, upstream: NodeId): void {
  const { state } = turn;
  const leader = isInTouch(state) ? followedLeader(state) : null;
  const refusal = leader === null ? whyNobody(state) : whyNot(state, leader, upstream);
  if (leader === null || refusal !== null) {
    answerRequest(turn, pending, false, refusal ?? whyNobody(state));
    return;
  }
  if (state.settings.failover === 'manual') {
    store(turn, { attachedTo: upstream, leftAloneBy: null });
  }
  follow(turn, leader, upstream);
  answerRequest(turn, pending, true, `it follows ${nameOf(state, upstream)}`);
}

function whyNobody({ role, durable }: State): string {
  if (role.kind !== 'follower') {
    return role.kind === 'leader' ? 'this node leads' : 'an election is under way on this node';
  }
  const boundTerm = durable.frozen?.boundTerm ?? null;
  return boundTerm !== null && boundTerm > (durable.leader?.term ?? 0)
    ? `it gave its word in term ${boundTerm}, and no primary of that term is heard yet`
    : 'no repmgrd is heard beside a writable primary';
}

function whyNot(state: State, leader: KnownLeader, upstream: NodeId): string | null {
  const primary = nameOf(state, leader.node);
  const node = state.metadata.nodes.find(({ id }) => id === upstream);
  if (node === undefined || node.isWitness || upstream === state.settings.self) {
    return `node ${upstream} is no server that it could stream from, as far as it knows`;
  }
  if (isOccupied(state)) {
    return 'its server does not run as a standby, or is being worked on: try again in a moment';
  }
  if (cannotFollow(state, leader)) {
    return `its WAL diverged from that of ${primary}: rejoin it, or clone it anew`;
  }
  /** Its word binds it until it follows a primary of that term. */
  return state.durable.frozen !== null && upstream !== leader.node
    ? `repmgrd keeps its receiver away: it has to follow the primary, ${primary}, first`
    : null;
}
