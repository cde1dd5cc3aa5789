/** Times and numbers of the core that nobody configures, each with its reason. Milliseconds. */
export const bounds = {
  /** For the question over SQL whether a primary is writable: no answer by then is silence (rule 3). */
  serverAnswerMs: 200,
  /** Answers to it are good for a voter or candidate that would ask again within so long: one pre-vote. */
  freshAnswersMs: 500,
  /** For the answers of a pre-vote: a living repmgrd answers in milliseconds, a dead one never. */
  statusRoundMs: 250,
  /** The same where too few have answered to win: they may be far away, and a connection be opened first. */
  distantStatusRoundMs: 1_000,
  /** Between two looks at an election that is not possible yet. */
  canvassPauseMs: 100,
  /** How long each place in the ranking lets the better ones go first (rule 2). */
  rankBackOffMs: 150,
  /** A request for a vote that has no answer is sent again. */
  voteRetryMs: 300,
  /** A candidate gives its term up after so long: freezes, two fsyncs and a fetch fit in. */
  candidacyMs: 3_000,
  /** How long a candidate waits for the votes of those that have more WAL and answered the pre-vote, a fetch included. */
  awaitedPatienceMs: 2_500,
  /** The tail of who yielded that is fetched before votes are asked for: it takes less than a place in the ranking. */
  earlyTailBytes: 1024 * 1024,
  /** How long who answered "behind" lets the candidate fetch and ask again, before it stands itself. */
  behindPatienceMs: 1_000,
  /** How long who yielded lets the others stand first: that patience, or until one of them gives up. */
  yielderPatienceMs: 2_500,
  /** WAL that could not be fetched is not waited for again before. */
  unfetchableMs: 10_000,
  /** Between two claims of a server that is writable without a term: each takes a new term. */
  claimPauseMs: 1_000,
  /** Something is due and cannot be done yet: looked at again. */
  overdueMs: 50,
  /** Who lost its state file waits so long for the others' word on its timelines. */
  relearnMs: 600,
  /** How long the others let the one stand first that a leader hands over to. */
  successorPatienceMs: 2_000,
  /** Who failed to promote its server lets this pass before it stands again, twice as much after each further failure. */
  promotionRetryMs: 1_000,
  promotionRetryMaxMs: 16_000,
  /** A promotion that is late is given up once replay has stood still for so long (rule 4). */
  replayStillMs: 2_000,
  /** A voter forgets a request whose freeze or question has not ended. */
  considerationMs: 3_000,
  /** After a clock jump or a restart of repmgrd: time for the answers to a new round of heartbeats (rule 5). */
  clockJumpJudgementMs: 1_000,
  /** The same where repmgrd came back beside a writable primary: shorter than the margin of the lease. */
  restartJudgementMs: 250,
  /** The two clocks of a machine are read one after the other, and adjusted by ntpd; more apart is a suspension. */
  suspensionMs: 500,
  /** Wall clocks are stepped by operators and by ntpd; more than this ends a pause, whose voters keep it a lease longer. */
  wallJumpMs: 2_000,
  /** A lease after a boot: the machine may have been away for any time, the leader's lease may be a longer one (rule 1). */
  leaseAfterBootMs: 60_000,
  /** Before an action that failed is tried again. */
  retryMs: 1_000,
  /** Who yielded votes before it starts its server again as a standby: that takes the machine's time, and has to end first. */
  restartPatienceMs: 500,
  /** A standby that was told to follow and streams from nowhere is told again. */
  followAgainMs: 5_000,
  /** A request that was refused or went unanswered is not repeated before. */
  confirmationRetryMs: 500,
  /** Marks of WAL written for contact; older ones say nothing that newer ones do not. */
  walMarks: 16,
  /** A name that was written shows in an observation by then, or somebody else changed it. */
  namesShownMs: 3_000,
  /** Terms that a node voted in and that nobody has said to be over; more than a few mean that messages get lost. */
  openTerms: 16,
  /** Yields kept: one for each node of the largest cluster. */
  heardYields: 32,
  /** How long a forced candidate waits for votes. */
  forcedRoundMs: 1_500,
  /** A forced term lies so far above all known ones (rule 12). */
  forcedTermStep: 1_000,
  /** With failover_quorum=none a node wins terms of its own alone; ids that differ by a multiple of this share theirs. */
  ownTermsApart: 1_024,
  /** Forced terms of two nodes differ, and so do the terms that come after each of them, for so many elections. */
  forcedTermBand: 1_024,
  /** The bands of all node ids, one after the other; so 4,096 times the room before 2^53 is reached. */
  forcedTermModulus: 2 ** 31 * 1_024,
} as const;
