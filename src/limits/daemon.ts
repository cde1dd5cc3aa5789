/** Limits of repmgrd at work on its own server. Milliseconds and bytes unless the name says otherwise. */
export const daemonLimits = {
  /** To open a connection of repmgrd to its own server: what takes longer will not answer in time either. */
  ownConnectMs: 5_000,
  /** For one short statement on the own server; what hangs for longer is a fault of its own. */
  ownAnswerMs: 5_000,
  /** From SIGQUIT to SIGKILL where a server is fenced: a healthy one is gone after some 10 ms. */
  quitMs: 300,
  /** Between two looks for the processes of a server that ends. */
  goneLookMs: 2,
  /** What was killed, and still is there after this, waits for a disk: it does nothing more when it wakes. */
  killedLingersMs: 100,
  /** To write standby.signal and to read where WAL ends, where the server is down: a disk that hangs must not hold up more. */
  downFilesMs: 2_000,
  /** For the checkpoint before a planned shutdown; while it lasts the server serves its clients. */
  shutDownCheckpointMs: 60_000,
  /** For a planned shutdown; after that the server is killed, and what it could not send is fetched from its disk. */
  shutDownMs: 10_000,
  /** Replay that did not move for so long during a promotion waits for readers: all else takes it less. */
  replayStandsStillMs: 250,
  /** Between two signals to a standby that should stream from a new primary, which may not have been ready. */
  followNudgeMs: 250,
  /** For a standby to stream after it was told whom to follow; later it goes on to try by itself. */
  followStreamsMs: 1_500,
  /** For follow_command, which may restart the server. */
  followCommandMs: 300_000,
  /** For child_nodes_disconnect_command, which mostly stops a server: as long as that may take. */
  childNodesCommandMs: 60_000,
  /** To connect to the node to follow, for a slot there. */
  slotPreparationMs: 2_000,
  /** What may wait for the guard to read it; it takes a line at once, unless it hangs. */
  guardPipeBytes: 16 * 1024,
  /** Reads of the guard's note, which it writes in place. */
  guardNoteReads: 5,
  /** For a leader to take a standby that is gone out of synchronous_standby_names: a lease, and some steps. */
  leavesNamesMs: 20_000,
  /** WAL of one timeline that is compared with the primary's; for more a copy of the data takes little longer. */
  sameWalBytes: 4 * 1024 ** 3,
  /** For pg_rewind, which reads all WAL since the fork and copies what changed. */
  rewindMs: 3_600_000,
  /** Between two looks at the replication slots: for so long consumers of failover slots wait for a standby that is gone. */
  slotUpkeepMs: 10_000,
  /** Between two looks at whether WAL streams in; where it does not, and has not moved, its upstream is asked. */
  lostWalMs: 2_000,
  /** For a standby to come back to its slot, or to be recorded with its new upstream. */
  slotLingersMs: 120_000,
  /** For pg_waldump to read WAL that was given up, some 100 MB a second. */
  waldumpMs: 600_000,
  /** For a commit that is meant to wait: as long as a hold lasts. */
  probeCommitMs: 86_400_000,
  /** For crash recovery, which may have to replay max_wal_size and more. */
  recoveryMs: 3_600_000,
  /** Between two looks at the control file of a server that starts, and at whether a promoted one accepts writes. */
  startLookMs: 5,
  /** For a WAL receiver to end; it does within milliseconds, unless a disk hangs. */
  freezeMs: 2_000,
  /** Between two looks for a WAL receiver. */
  receiverLookMs: 4,
  /** For the startup process to end its WAL receiver by itself after a reload: under 40 ms where it is not busy. */
  receiverEndsItselfMs: 40,
  /** Without a receiver for so long, while the settings name no upstream, none is being started any more. */
  noReceiverProofMs: 12,
  /** The same up to PostgreSQL 12, where nobody sees that the startup process pauses: its first try comes within a second. */
  noReceiverProofUnloadedMs: 1_200,
  /** For one look of repmgrd at its own server, connecting included; what takes longer is no answer. */
  ownServerAnswerMs: 1_000,
  /** Received and not replayed WAL that repmgrd reads for the end of its complete records, twice a second. */
  unreplayedReadBytes: 1024 * 1024,
  /** To connect to the primary for what is written into the metadata; nothing of a failover waits for it. */
  primaryConnectMs: 3_000,
  /** Between two tries to read the metadata before anything is known of the cluster. */
  metadataRetryMs: 1_000,
  /** Host names of the nodes are looked up again, so that a failover finds them without a resolver. */
  addressRefreshMs: 60_000,
  /** Between two looks whether the rows of this node are as repmgr.conf has them. */
  registrationRetryMs: 5_000,
  /** For a witness to copy the metadata again where it could not: a new primary may be there. */
  witnessRetryMs: 2_000,
  /** Between two statements of one node's repmgrd about its liveness, whatever monitor_interval_secs says. */
  livenessMs: 1_000,
  /** The same where no history is written: enough to see that it lives. */
  livenessWithoutHistoryMs: 10_000,
  /** For each of the statements that make a sample. */
  livenessAnswerMs: 5_000,
  /** Between two cleanups of monitoring history. */
  historyCleanupMs: 3_600_000,
  /** Of a recording, before it is begun anew: about half an hour of a quiet cluster. */
  recordingBytes: 32 * 1024 * 1024,
  /** Decisions that repmgrd keeps for `repmgr explain`. */
  decisionsKept: 200,
  /** From a decision to its being written for a later life: a failover is over by then. */
  decisionsWrittenMs: 2_000,
  /** The same decision, or event, is not told again before: some come several times a second while they hold. */
  decisionRepeatMs: 60_000,
  eventRepeatMs: 10_000,
  /** Events that wait for a primary to be written to; a failover brings about ten. */
  eventsWaiting: 200,
  eventRetryMs: 1_000,
  /** A row that comes later than this gets the time at which the event happened. */
  eventLateMs: 1_000,
  /** How long a message of another repmgrd may wait for a look at the own WAL, which takes some milliseconds. */
  freshWalMs: 50,
  /** Between two looks whether the own server still takes new connections. */
  pingMs: 2_000,
  /** For a postmaster whose session broke to be gone: some milliseconds after SIGKILL, or it goes on. */
  endingPostmasterMs: 40,
  endingLookMs: 2,
  /** Between two looks at a server that is in trouble, and for how long they come so often. */
  serverLookQuickMs: 20,
  serverLookQuickForMs: 3_000,
  /** For systemd-notify, which sends one datagram. */
  serviceNotificationMs: 5_000,
} as const;
