/** Quorums and the fence condition over the voter set, and over both sets while a change is pending. */
import type { NodeId } from '../model/node.ts';
import { type MonotonicMs } from './instant.ts';
import { never } from './turn.ts';
import type { RecordVersion, VoterRecord } from './voter-record.ts';

export function quorumOf(size: number): number {
  return Math.floor(size / 2) + 1;
}

/** Whether these voters are a quorum: of the old and of the new set while a change is pending. */
export function isQuorum(record: VoterRecord, includes: (node: NodeId) => boolean): boolean {
  return setsOf(record).every((set) => set.filter(includes).length >= quorumOf(set.length));
}

/**
 * When the fence condition will be met: the moment from which the voters out of contact could form a quorum of the
 * old, or of the new, set by themselves. `contactEndsAt` says until when a voter is in contact.
 */
export function quorumContactEndsAt(
  record: VoterRecord,
  contactEndsAt: (node: NodeId) => MonotonicMs,
): MonotonicMs {
  let end = never;
  for (const set of setsOf(record)) {
    const last = nthGreatest(set.map(contactEndsAt), set.length - quorumOf(set.length));
    if (last !== undefined && last < end) {
      end = last;
    }
  }
  return end;
}

/** From 0 on. Sets are too small for sorting to pay. */
function nthGreatest(values: readonly MonotonicMs[], n: number): MonotonicMs | undefined {
  return values.find((value) => {
    let greater = 0;
    let equal = 0;
    for (const other of values) {
      greater += other > value ? 1 : 0;
      equal += other === value ? 1 : 0;
    }
    return greater <= n && n < greater + equal;
  });
}

export function isMember(record: VoterRecord, node: NodeId): boolean {
  return setsOf(record).some((set) => set.includes(node));
}

/** Both sets together, each node once. */
export function membersOf(record: VoterRecord): readonly NodeId[] {
  const { voters, replacedVoters } = record;
  return replacedVoters === null
    ? voters
    : [...voters, ...replacedVoters.filter((node) => !voters.includes(node))];
}

/** A set of one or two in which no change is pending: there a node's own word weighs more (rules 9, 12, 14). */
export function isSmallSet(record: VoterRecord): boolean {
  return record.replacedVoters === null && record.voters.length <= 2;
}

/** Negative: `one` is the older. */
export function compareVersions(one: RecordVersion, other: RecordVersion): number {
  return one.term - other.term || one.number - other.number;
}

export function newerRecord(one: VoterRecord | null, other: VoterRecord | null): VoterRecord | null {
  if (one === null || other === null) {
    return one ?? other;
  }
  return compareVersions(one.version, other.version) >= 0 ? one : other;
}

/** Both sets while a change is pending, each of which has to agree. */
export function setsOf({ voters, replacedVoters }: VoterRecord): readonly (readonly NodeId[])[] {
  return replacedVoters === null ? [voters] : [replacedVoters, voters];
}
