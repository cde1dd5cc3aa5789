/** Why a voter does not vote, as an operator reads it; each is said of the voter itself. */
import type { Refusal } from './messages.ts';

export const refusalInWords: Readonly<Record<Refusal, string>> = {
  leaseInForce: 'its lease to another is in force',
  termNotHigher: 'it knows a term as high as that',
  votedForAnother: 'it voted for another in that term',
  olderRecord: 'it knows a newer record',
  notAMember: 'one of the two is no voter',
  noState: 'it has no state file, or an empty one',
  primaryAnswers: 'a server answers as a writable primary',
  walMoved: 'WAL has come within the last lease',
  noOlderLook: 'it has not watched its WAL for a lease yet',
  paused: 'failover is paused',
  diverged: 'its WAL diverged',
  lowerBound: 'the end of its WAL is not known yet',
  walUnreadable: 'its WAL cannot be read',
  candidateDiverged: 'the WAL of the candidate diverged',
  busy: 'it considers another candidate',
  leadsItself: 'it leads a term itself',
  notItsLeader: 'it follows another leader',
  termOneIsOver: 'the first term is over',
  notTheRecordedPrimary: 'the candidate is not the recorded primary',
};
