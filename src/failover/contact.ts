/** The leader's side of the lease: which voters' words still stand, by heartbeats and by acknowledged WAL (rule 5). */
import type { NodeId } from '../model/node.ts';
import type { MonotonicMs } from './instant.ts';
import type { SendingMark } from './messages.ts';
import { quorumContactEndsAt } from './quorum.ts';
import type { ServerObservation } from './server-observation.ts';
import type { Contact, Leader } from './leader-state.ts';
import type { State } from './state.ts';
import { later, never } from './turn.ts';
import type { VoterRecord } from './voter-record.ts';
import type { Vote } from './vote-given.ts';

/** How long an acknowledged message keeps a voter in contact. */
export function contactMs({ settings }: State): number {
  return settings.leaseMs - settings.fenceMarginMs;
}

/** When the fence condition will be met, if nothing more is heard. */
export function contactEndsAt(state: State, leader: Leader, ageMs: number): MonotonicMs {
  const { record } = state.durable;
  if (record === null) {
    return state.now.monotonicMs;
  }
  /** The one setting that gives the promise away: nobody's word is needed. */
  if (state.settings.failoverQuorum === 'none') {
    return never;
  }
  const end = contactUnder(record, state, leader, ageMs);
  if (leader.guardContactUntil === null) {
    return end;
  }
  const guarded = later(leader.guardContactUntil, ageMs - contactMs(state));
  return guarded > end ? guarded : end;
}

export function contactUnder(record: VoterRecord, state: State, leader: Leader, ageMs: number): MonotonicMs {
  return quorumContactEndsAt(record, (node) => {
    if (node === state.settings.self) {
      return never;
    }
    const last = lastContact(leader.contacts.find((it) => it.node === node));
    return last === null ? (0 as MonotonicMs) : later(last, ageMs);
  });
}

export function isInContact(state: State, leader: Leader, node: NodeId): boolean {
  const last = lastContact(leader.contacts.find((it) => it.node === node));
  return node === state.settings.self || (last !== null && last + contactMs(state) > state.now.monotonicMs);
}

/** No word reaches further than a lease from now; a guard of a set of two knew of none that ends. */
export function boundedContact(
  { state, now }: { readonly state: State; readonly now: MonotonicMs },
  guarded: MonotonicMs | null,
): MonotonicMs | null {
  const latest = later(now, contactMs(state));
  return guarded === null || guarded <= latest ? guarded : latest;
}

/** A vote counts only while its lease would still be in force. */
export function voteCounts(state: State, { sentAt }: Vote): boolean {
  return sentAt + contactMs(state) > state.now.monotonicMs;
}

/** What an acknowledgement of this leader's present life says; undefined where it answers an earlier one. */
export function sendingTime(state: State, mark: SendingMark): MonotonicMs | undefined {
  return mark.incarnation === state.incarnation && mark.sentAt <= state.now.monotonicMs
    ? mark.sentAt
    : undefined;
}

export function updateContact(leader: Leader, node: NodeId, part: Partial<Contact>): Leader {
  const known = leader.contacts.find((it) => it.node === node) ?? unheard(node);
  const contact = { ...known, ...part };
  return { ...leader, contacts: [...leader.contacts.filter((it) => it.node !== node), contact] };
}

export function contactOf(leader: Leader, node: NodeId): Contact {
  return leader.contacts.find((it) => it.node === node) ?? unheard(node);
}

/** Standbys attached to the leader itself whose flushed LSN reached what it wrote for this purpose. */
export function countWalContact(leader: Leader, { attached }: ServerObservation): Leader {
  let counted = leader;
  for (const { node, flushedLsn } of attached) {
    const mark = leader.walMarks.findLast(({ lsn }) => lsn <= flushedLsn);
    const known = contactOf(counted, node).walWrittenAt;
    if (mark !== undefined && (known === null || mark.writtenAt > known)) {
      counted = updateContact(counted, node, { walWrittenAt: mark.writtenAt });
    }
  }
  return counted;
}

/** Forgets what was sent before, after the clocks told that time was lost. */
export function forgetContactBefore(leader: Leader, from: MonotonicMs): Leader {
  const { confirmation } = leader;
  const since = (at: MonotonicMs | null) => (at !== null && at >= from ? at : null);
  return {
    ...leader,
    contacts: leader.contacts.map((it) => ({
      ...it,
      sentAt: since(it.sentAt),
      walWrittenAt: since(it.walWrittenAt),
    })),
    walMarks: leader.walMarks.filter(({ writtenAt }) => writtenAt >= from),
    timeLostAt: from,
    confirmation: confirmation && {
      ...confirmation,
      votes: confirmation.votes.filter(({ sentAt }) => sentAt >= from),
    },
  };
}

function lastContact(contact: Contact | undefined): MonotonicMs | null {
  if (contact === undefined) {
    return null;
  }
  const { sentAt, walWrittenAt } = contact;
  if (sentAt === null || walWrittenAt === null) {
    return sentAt ?? walWrittenAt;
  }
  return sentAt >= walWrittenAt ? sentAt : walWrittenAt;
}

function unheard(node: NodeId): Contact {
  return {
    node,
    sentAt: null,
    walWrittenAt: null,
    heardAt: null,
    storedRecord: null,
    position: null,
    isCandidate: false,
  };
}
