/** Limits of what repmgrds, commands and readers say to a repmgrd. Milliseconds and bytes unless the name says otherwise. */
export const apiLimits = {
  /** For one message between repmgrds; a heartbeat has about 1 kB, and a record that fills this is no record of ours. */
  peerMessageBytes: 64 * 1024,
  /** To open a connection to another repmgrd: two round trips, three with TLS, on a line of 200 ms each way. */
  peerOpenMs: 2_000,
  /** For another repmgrd to take note of a message; after that the connection counts as dead and a new one is opened. */
  peerAnswerMs: 1_000,
  /** Between two attempts to open such a connection, at first and at last. */
  peerRetryMs: 100,
  peerRetryMaxMs: 1_000,
  /** Messages under way to one repmgrd, and heartbeats among them: what is behind them waits, and becomes stale. */
  peerWindow: 16,
  peerHeartbeatWindow: 2,
  /** What waits for a slow repmgrd beside the newest heartbeat; the oldest is dropped first. */
  peerQueue: 32,
  /** A message that waited longer says nothing true any more. */
  peerMessageAgeMs: 1_000,
  /** How often a name is looked up again where nobody answers at its address. */
  peerLookupAgainMs: 10_000,
  /** For the host in api_listen to be looked up at the start, and between two tries where nobody knows it. */
  listenLookupMs: 2_000,
  /** For whoever opens a connection to say who it is. */
  peerHelloMs: 3_000,
  /** Connections to the listener of repmgrd at a time, load balancers and monitoring included. */
  apiConnections: 500,
  /** For a reader of the pages of repmgrd to send its request. */
  apiRequestMs: 10_000,
  /** WAL that one request may ask for: what is more is asked for again. */
  walRangeBytes: 64 * 1024 * 1024,
  /** Requests for WAL that are served at a time; there is one winner. */
  walStreams: 4,
  /** What a repmgrd tells a witness of the cluster: a row of the metadata has less than 1 kB. */
  metadataAnswerBytes: 4 * 1024 * 1024,
  /** For the repmgrd that gave an invitation to write the row of the witness: statements on the primary. */
  admissionMs: 20_000,
  /** How long a token of `witness invite` is good where nobody says otherwise: time to carry it over by hand. */
  invitationMs: 600_000,
  /** The longest: a token that is not used for a day is forgotten by whoever made it. */
  invitationLongestMs: 86_400_000,
  /** Invitations that are remembered, used ones too, so that it can be said that they were. */
  invitationsKept: 100,
  /** Events, and characters of their details, that a witness without PostgreSQL hands to the leader in one message. */
  eventsRelayed: 4,
  relayedDetails: 3_000,
  /** For every repmgrd to take a step of a new secret over: they read the metadata every few seconds, and tell each other. */
  secretSpreadMs: 60_000,
  /** Between two looks whether they did. */
  secretLookMs: 200,
  /** Between two searches of a refused repmgrd for the present secret, on the servers of the others. */
  secretSearchMs: 5_000,
  /** Silence in the middle of WAL that is handed over, after which the other side counts as gone. */
  walSilenceMs: 5_000,
  /** Between two lines of the log about the same refusal of the same sender. */
  refusalLogMs: 60_000,
  /** Between two events of the cluster about the same kind of refusal: whoever can reach the port could cause them. */
  refusalEventMs: 600_000,
  /** Senders that such lines are counted for. */
  refusalSenders: 100,
  /** For one request of a command to the local repmgrd. */
  controlRequestBytes: 64 * 1024,
  /** For the local repmgrd to answer a command that only looks. */
  controlAnswerMs: 5_000,
  /** For an operator's request to be decided: a pause needs a quorum that stores it. */
  operatorAnswerMs: 30_000,
  /** Beyond a lease, for an election that an operator asked for: some rounds of questions, and of votes. */
  operatorsElectionMs: 5_000,
  /** For a repmgrd to hear of a new primary, or to end what it does to its server, before it lets that follow. */
  followJudgedMs: 3_000,
  followLookMs: 250,
  /** Between two looks whether this node was elected; while it was not, it stands anew each time. */
  electionLookMs: 250,
  /** To ask the repmgrd of this node whether there is a pause, before a command begins: it is not to be felt. */
  pauseNoticeMs: 200,
  /** For the repmgrd of another node to answer a command; it answers in milliseconds, or is gone. */
  pageMs: 2_000,
  /** A pause, or maintenance, of which nobody said how long it lasts. */
  pauseMs: 3_600_000,
  /** For repmgrd to start, or to end, as repmgr 5 has it. */
  daemonServiceMs: 15_000,
  /** For a repmgrd that was started to read the metadata, before it is said that it waits for them. */
  daemonMetadataMs: 3_000,
  /** Decisions that `repmgr explain` prints where nothing is said. */
  decisionsShown: 20,
  /** Decisions this long before an event are part of what led to it. */
  decisionsBeforeEventMs: 30_000,
  /** An event is recorded after what it reports: its row may have to wait for a server that accepts writes. */
  eventDelayMs: 1_000,
} as const;
