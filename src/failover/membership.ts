/** Who belongs to the voter set: joining, joining anew after a lost state file, leaving, forgetting (rule 10). */
import type { NodeId } from '../model/node.ts';
import { contactOf } from './contact.ts';
import type { JoinRequest } from './messages.ts';
import type { Joiner, Leader } from './leader-state.ts';
import type { State } from './state.ts';
import { isSynchronous } from './synchronous-wish.ts';
import { noTerm, type Term } from './term.ts';
import { become, change, send, type Turn } from './turn.ts';
import type { VoterRecord } from './voter-record.ts';

/** To the leader that was heard: this node is no voter, or lost its state. */
export function askToJoin(turn: Turn, leader: NodeId): void {
  const { durable, incarnation, highestTermHeard, position } = turn.state;
  send(turn, leader, {
    kind: 'joinRequest',
    incarnation,
    hasLostState: durable.hasLostState,
    highestTerm: durable.hasLostState ? noTerm : (Math.max(durable.term, highestTermHeard) as Term),
    position,
  });
}

/** A registered node that is no voter, or lost its state, has answered. */
export function onJoinRequest(turn: Turn, from: NodeId, message: JoinRequest): void {
  const { role, metadata, highestTermHeard } = turn.state;
  if (role.kind !== 'leader' || !metadata.nodes.some(({ id }) => id === from)) {
    return;
  }
  /** The leader is confirmed above the joiner's term first, or the joiner would never follow it. */
  if (message.highestTerm > Math.max(role.term, highestTermHeard)) {
    change(turn, { highestTermHeard: message.highestTerm as Term });
  }
  const joiner: Joiner = {
    node: from,
    incarnation: message.incarnation,
    hasLostState: message.hasLostState,
    heardAt: turn.now,
  };
  become(turn, { ...role, joiners: [...role.joiners.filter(({ node }) => node !== from), joiner] });
}

/** The next change of the set that is wanted and not an operator's; undefined: none. */
export function wantedChange(state: State, leader: Leader): Partial<VoterRecord> | undefined {
  const { record } = state.durable;
  if (record === null) {
    return undefined;
  }
  return changeForJoiner(state, leader, record) ?? changeToForget(state, leader, record);
}

export function withNode(record: VoterRecord, joiner: Joiner): Partial<VoterRecord> {
  const { node, incarnation } = joiner;
  return {
    voters: [...record.voters, node],
    joining: joiner.hasLostState ? { node, incarnation } : record.joining,
  };
}

export function withoutNode(record: VoterRecord, node: NodeId): Partial<VoterRecord> {
  return { voters: record.voters.filter((voter) => voter !== node) };
}

/** Taken in by this life of its repmgrd: whatever it forgot it did as a member before. */
export function hasJoined(record: VoterRecord, { node, incarnation, hasLostState }: Joiner): boolean {
  const isNamed = record.joining?.node === node && record.joining.incarnation === incarnation;
  return record.voters.includes(node) && (!hasLostState || isNamed);
}

function changeForJoiner(
  { settings, now }: State,
  leader: Leader,
  record: VoterRecord,
): Partial<VoterRecord> | undefined {
  const joiner = leader.joiners.find(
    (it) =>
      it.node !== settings.self && now.monotonicMs - it.heardAt < settings.leaseMs && !hasJoined(record, it),
  );
  if (joiner === undefined) {
    return undefined;
  }
  return record.voters.includes(joiner.node) ? withoutNode(record, joiner.node) : withNode(record, joiner);
}

function changeToForget(
  { settings, now }: State,
  leader: Leader,
  record: VoterRecord,
): Partial<VoterRecord> | undefined {
  if (settings.voterRemovalMs === 0) {
    return undefined;
  }
  const silent = record.voters.find((node) => {
    const heardAt = contactOf(leader, node).heardAt ?? leader.since;
    return (
      node !== settings.self &&
      !isSynchronous(record, node) &&
      now.monotonicMs - heardAt >= settings.voterRemovalMs
    );
  });
  return silent === undefined ? undefined : withoutNode(record, silent);
}
