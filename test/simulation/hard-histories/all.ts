/** All of them, in the order of their numbers. */
import type { NamedHistory } from './named-history.ts';
import { termOneTwice } from './01-term-one-twice.ts';
import { oldNames } from './02-old-names.ts';
import { twoLeaseLengths } from './03-two-lease-lengths.ts';
import { lateBreath } from './04-late-breath.ts';
import { frozenForAnHour } from './05-frozen-for-an-hour.ts';
import { promotionAfterTheLease } from './06-promotion-after-the-lease.ts';
import { twoChangesOfMembersOverlap } from './07-two-changes-of-members-overlap.ts';
import { theChangeOvertakesThePause } from './08-the-change-overtakes-the-pause.ts';
import { slowClockInAPause } from './09-slow-clock-in-a-pause.ts';
import { ownWordAfterABoot } from './10-own-word-after-a-boot.ts';
import { theDeadFileThatLeads } from './11-the-dead-file-that-leads.ts';
import { handOnTheOldPrimary } from './12-hand-on-the-old-primary.ts';
import { orphan } from './13-orphan.ts';
import { lingeringReceiver } from './14-lingering-receiver.ts';
import { aVoterForgets } from './15-a-voter-forgets.ts';
import { staleVote } from './16-stale-vote.ts';
import { yieldOnItsWay } from './17-yield-on-its-way.ts';
import { twoOperators } from './18-two-operators.ts';
import { aDayOnTheOldTimeline } from './19-a-day-on-the-old-timeline.ts';
import { thePositionThatDidNotBind } from './20-the-position-that-did-not-bind.ts';
import { kOvertaken } from './21-k-overtaken.ts';
import { namesBeforeFlush } from './22-names-before-flush.ts';
import { theTailOfTheWrongNode } from './23-the-tail-of-the-wrong-node.ts';
import { collisionOfNumbers } from './24-collision-of-numbers.ts';
import { aLongerOlderLog } from './25-a-longer-older-log.ts';
import { theCloneBringsTheHold } from './26-the-clone-brings-the-hold.ts';
import { knownAndNotFetched } from './27-known-and-not-fetched.ts';
import { reClonedName } from './28-re-cloned-name.ts';
import { theJoinerWithATerm } from './29-the-joiner-with-a-term.ts';
import { confirmedThenCrashed } from './30-confirmed-then-crashed.ts';
import { healthyPrimaryLostFile } from './31-healthy-primary-lost-file.ts';
import { promotedWithoutDaemons } from './32-promoted-without-daemons.ts';
import { recoveryForEver } from './33-recovery-for-ever.ts';
import { aHiccupOfTheDisk } from './34-a-hiccup-of-the-disk.ts';
import { aTailNobodyCanRead } from './35-a-tail-nobody-can-read.ts';
import { pendingForEver } from './36-pending-for-ever.ts';
import { forcedAndAlone } from './37-forced-and-alone.ts';
import { bothGoneOneByOne } from './38-both-gone-one-by-one.ts';
import { crashWithTheLastStandby } from './39-crash-with-the-last-standby.ts';
import { aLeaderForOneHeartbeat } from './40-a-leader-for-one-heartbeat.ts';
import { standbyBounce } from './41-standby-bounce.ts';
import { allDaemonsOfTheStandbysStop } from './42-all-daemons-of-the-standbys-stop.ts';
import { restartedInAPause } from './43-restarted-in-a-pause.ts';
import { aPauseWithoutItsLeader } from './44-a-pause-without-its-leader.ts';
import { smartShutdown } from './45-smart-shutdown.ts';
import { yieldThatCanNotBeStored } from './46-yield-that-can-not-be-stored.ts';
import { startThatFails } from './47-start-that-fails.ts';
import { inheritedForEver } from './48-inherited-for-ever.ts';
import { failedOnceThenTheYielder } from './49-failed-once-then-the-yielder.ts';
import { theWitnessForgets } from './50-the-witness-forgets.ts';
import { crashWhileCutOff } from './51-crash-while-cut-off.ts';
import { aPromotionThatNeverEnds } from './52-a-promotion-that-never-ends.ts';
import { anEndThatNobodyHasRead } from './53-an-end-that-nobody-has-read.ts';
import { theGuardAlone } from './54-the-guard-alone.ts';
import { deafVoters } from './55-deaf-voters.ts';
import { votesOutOfOrder } from './56-votes-out-of-order.ts';
import { membersChangeInAnElection } from './57-members-change-in-an-election.ts';
import { aVoterRestartsTwice } from './58-a-voter-restarts-twice.ts';
import { aHundredFailures } from './59-a-hundred-failures.ts';
import { everythingOffAndOn } from './60-everything-off-and-on.ts';
import { awakeInTheMiddleOfAVote } from './61-awake-in-the-middle-of-a-vote.ts';
import { thePrimaryFails } from './62-the-primary-fails.ts';
import { theNetworkFails } from './63-the-network-fails.ts';
import { theClusterChangesHands } from './64-the-cluster-changes-hands.ts';
import { leftToItsOperator } from './65-left-to-its-operator.ts';
import { theNewcomerAcknowledgesAlone } from './70-the-newcomer-acknowledges-alone.ts';
import { whoLedBefore } from './71-who-led-before.ts';
import { theWinnersOwnPlace } from './72-the-winners-own-place.ts';

export const hardHistories: readonly NamedHistory[] = [
  termOneTwice,
  oldNames,
  twoLeaseLengths,
  lateBreath,
  frozenForAnHour,
  promotionAfterTheLease,
  twoChangesOfMembersOverlap,
  theChangeOvertakesThePause,
  slowClockInAPause,
  ownWordAfterABoot,
  theDeadFileThatLeads,
  handOnTheOldPrimary,
  orphan,
  lingeringReceiver,
  aVoterForgets,
  staleVote,
  yieldOnItsWay,
  twoOperators,
  aDayOnTheOldTimeline,
  thePositionThatDidNotBind,
  kOvertaken,
  namesBeforeFlush,
  theTailOfTheWrongNode,
  collisionOfNumbers,
  aLongerOlderLog,
  theCloneBringsTheHold,
  knownAndNotFetched,
  reClonedName,
  theJoinerWithATerm,
  confirmedThenCrashed,
  healthyPrimaryLostFile,
  promotedWithoutDaemons,
  recoveryForEver,
  aHiccupOfTheDisk,
  aTailNobodyCanRead,
  pendingForEver,
  forcedAndAlone,
  bothGoneOneByOne,
  crashWithTheLastStandby,
  aLeaderForOneHeartbeat,
  standbyBounce,
  allDaemonsOfTheStandbysStop,
  restartedInAPause,
  aPauseWithoutItsLeader,
  smartShutdown,
  yieldThatCanNotBeStored,
  startThatFails,
  inheritedForEver,
  failedOnceThenTheYielder,
  theWitnessForgets,
  crashWhileCutOff,
  aPromotionThatNeverEnds,
  anEndThatNobodyHasRead,
  theGuardAlone,
  deafVoters,
  votesOutOfOrder,
  membersChangeInAnElection,
  aVoterRestartsTwice,
  aHundredFailures,
  everythingOffAndOn,
  awakeInTheMiddleOfAVote,
  thePrimaryFails,
  theNetworkFails,
  theClusterChangesHands,
  leftToItsOperator,
  theNewcomerAcknowledgesAlone,
  whoLedBefore,
  theWinnersOwnPlace,
];
