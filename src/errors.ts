/**
 * Every error that a user can meet, and the exit code that it ends a program with.
 *
 * An error has three parts, as in PostgreSQL: the message, DETAIL (what was found) and HINT (the command to run
 * next). Throw with `failure()`; `src/commands/run.ts` is the one place that turns it into lines and an exit code.
 */

/** Exit codes of repmgr 3 and 5 by meaning; scripts of their users depend on the numbers (docs/exit-codes.md). */
export const exitCodes = {
  success: 0,
  badConfiguration: 1,
  rsyncFailed: 2,
  badPidFile: 3,
  restartFailed: 4,
  localCommandFailed: 5,
  connectionFailed: 6,
  queryFailed: 7,
  passwordRefused: 9,
  failoverFailed: 11,
  sshFailed: 12,
  systemFailure: 13,
  baseBackupFailed: 14,
  internalError: 15,
  badBackupLabel: 17,
  switchoverFailed: 18,
  barmanFailed: 19,
  registrationNotSynchronized: 20,
  outOfMemory: 21,
  switchoverIncomplete: 22,
  followFailed: 23,
  rejoinFailed: 24,
  nodeStatus: 25,
  pauseFailed: 26,
  serviceFailed: 27,
  backupApiFailed: 28,
  interrupted: 130,
} as const;

export type ExitCodeName = keyof typeof exitCodes;

/** The catalogue: what can go wrong, and the exit code that it means. docs/errors.md is generated from it. */
export const errorCatalogue = {
  usage: { exit: 'badConfiguration', about: 'the command line has unknown, missing or contradicting parts' },
  run_as_root: {
    exit: 'badConfiguration',
    about: 'the program was started as root, which PostgreSQL refuses too',
  },
  not_built_yet: { exit: 'badConfiguration', about: 'this version does not have the requested feature' },
  interrupted: { exit: 'interrupted', about: 'the operation was interrupted by Ctrl-C or SIGTERM' },
  internal: { exit: 'internalError', about: 'a defect of repmgr itself' },
  configuration_file_unreadable: {
    exit: 'badConfiguration',
    about: 'repmgr.conf is missing or cannot be read',
  },
  configuration_invalid: {
    exit: 'badConfiguration',
    about: 'repmgr.conf has errors; all of them are listed',
  },
  log_file_unwritable: { exit: 'badConfiguration', about: 'the log file cannot be opened for writing' },
  conninfo_invalid: { exit: 'badConfiguration', about: 'a connection string cannot be understood' },
  connection_failed: { exit: 'connectionFailed', about: 'a PostgreSQL server cannot be reached or refuses' },
  password_refused: { exit: 'passwordRefused', about: 'PostgreSQL refused the password, or wants one' },
  connection_lost: { exit: 'connectionFailed', about: 'an open connection to PostgreSQL broke' },
  query_failed: { exit: 'queryFailed', about: 'PostgreSQL refused a statement' },
  query_timeout: { exit: 'queryFailed', about: 'PostgreSQL did not answer a statement in time' },
  server_version_unsupported: { exit: 'badConfiguration', about: 'the server is older than PostgreSQL 9.3' },
  not_a_primary: { exit: 'badConfiguration', about: 'the server is in recovery, a primary is needed' },
  not_a_standby: { exit: 'badConfiguration', about: 'the server is not in recovery, a standby is needed' },
  primary_not_found: { exit: 'badConfiguration', about: 'no reachable node is a primary' },
  several_primaries: { exit: 'badConfiguration', about: 'more than one reachable node is writable' },
  schema_missing: { exit: 'badConfiguration', about: 'the metadata schema does not exist yet' },
  schema_unknown: {
    exit: 'badConfiguration',
    about: 'the metadata schema is of a version that is not known',
  },
  node_id_taken: { exit: 'badConfiguration', about: 'another node has this id' },
  node_name_taken: { exit: 'badConfiguration', about: 'another node has this name' },
  node_list_unreadable: {
    exit: 'badConfiguration',
    about: 'the rows of the nodes cannot be read: schema missing, no permission, other cluster name',
  },
  node_not_registered: { exit: 'badConfiguration', about: 'no row of this node exists in the metadata' },
  node_has_followers: {
    exit: 'badConfiguration',
    about: 'other nodes are registered with this one as upstream',
  },
  node_role_unsuitable: {
    exit: 'badConfiguration',
    about: 'the node has another role than the command is for, or is still in use',
  },
  other_primary_registered: {
    exit: 'badConfiguration',
    about: 'another node is registered as the active primary',
  },
  upstream_unusable: { exit: 'badConfiguration', about: 'the upstream node cannot be one for this node' },
  server_version_differs: {
    exit: 'badConfiguration',
    about: 'two servers have different major versions of PostgreSQL',
  },
  system_identifier_differs: {
    exit: 'badConfiguration',
    about: 'two servers, or a server and its metadata, do not belong to the same cluster',
  },
  registration_not_synchronized: {
    exit: 'registrationNotSynchronized',
    about: 'the row of a registered standby did not reach the standby in time',
  },
  command_missing: {
    exit: 'badConfiguration',
    about: 'a program that is needed is not installed or not found',
  },
  command_failed: { exit: 'localCommandFailed', about: 'a program that was run ended with an error' },
  clone_options_contradict: {
    exit: 'badConfiguration',
    about: 'options of standby clone do not fit together',
  },
  clone_target_unusable: {
    exit: 'badConfiguration',
    about: 'the target directory of a clone is in use, not ours, or cannot be written',
  },
  clone_target_too_small: {
    exit: 'badConfiguration',
    about: 'the target has less free space than the source needs',
  },
  clone_source_unsuitable: {
    exit: 'badConfiguration',
    about: 'a setting of the source server does not allow to clone from it',
  },
  upstream_not_registered: {
    exit: 'badConfiguration',
    about: 'the upstream node has no row in the metadata',
  },
  slot_unavailable: {
    exit: 'queryFailed',
    about: 'a replication slot cannot be created or is in use by another node',
  },
  base_backup_failed: { exit: 'baseBackupFailed', about: 'the base backup could not be taken or broke off' },
  backup_verification_failed: {
    exit: 'baseBackupFailed',
    about: 'the copy does not agree with the manifest of the base backup',
  },
  data_directory_unusable: {
    exit: 'badConfiguration',
    about: 'the data directory of the local server is not known, not its own, or cannot be read or written',
  },
  server_control_failed: {
    exit: 'restartFailed',
    about: 'the command that starts, stops, restarts, reloads or promotes PostgreSQL failed',
  },
  other_primary_running: {
    exit: 'badConfiguration',
    about: 'another primary runs, or may run, so this standby must not be promoted',
  },
  replay_paused: { exit: 'badConfiguration', about: 'the replay of WAL is paused on the standby' },
  other_server_registered: {
    exit: 'badConfiguration',
    about: 'the server of repmgr.conf is not the one that is registered under its node id',
  },
  promotion_unfinished: {
    exit: 'failoverFailed',
    about: 'a standby that was told to promote is not writable in time',
  },
  metadata_not_updated: {
    exit: 'queryFailed',
    about: 'the servers have changed, but the metadata could not be brought up to date',
  },
  timeline_diverged: {
    exit: 'badConfiguration',
    about: 'the local server has WAL that the node to follow does not have',
  },
  replication_refused: {
    exit: 'badConfiguration',
    about: 'the node to follow does not let this node replicate from it',
  },
  streaming_not_started: {
    exit: 'followFailed',
    about: 'a standby does not stream in time from the node that it was told to follow',
  },
  recovery_settings_failed: { exit: 'badConfiguration', about: 'the recovery settings could not be written' },
  no_free_port: { exit: 'systemFailure', about: 'no TCP port is free for a server of the sandbox' },
  postgresql_unavailable: {
    exit: 'badConfiguration',
    about: 'no PostgreSQL of the wanted version is installed, and none could be fetched or run',
  },
  node_unreachable: {
    exit: 'badConfiguration',
    about: 'the user that the servers of the sandbox run as cannot run Node.js',
  },
  server_start_failed: { exit: 'restartFailed', about: 'a PostgreSQL server did not start' },
  server_stop_failed: { exit: 'localCommandFailed', about: 'a PostgreSQL server did not stop' },
  sandbox_missing: { exit: 'badConfiguration', about: 'there is no sandbox in the directory' },
  sandbox_directory_unusable: {
    exit: 'badConfiguration',
    about: 'the directory of the sandbox is in use, not empty, or cannot be written or entered',
  },
  sandbox_busy: { exit: 'badConfiguration', about: 'the sandbox is being made by another process' },
  sandbox_node_unknown: { exit: 'badConfiguration', about: 'the sandbox has no node of this number' },
  sandbox_node_state: {
    exit: 'badConfiguration',
    about: 'the node of the sandbox does not run, and the command is for one that does',
  },
  sandbox_user_missing: {
    exit: 'badConfiguration',
    about: 'root has no other user to run the servers of the sandbox as',
  },
} as const satisfies Record<string, { exit: ExitCodeName; about: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** The parts that a user reads. HINT is the next command to run, or the setting to change. */
export interface ErrorParts {
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Only where one error means different exit codes in different commands, as repmgr 3 has it. */
  readonly exit?: ExitCodeName;
}

export class RepmgrError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: number;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = 'RepmgrError';
    this.code = code;
    this.exitCode = exitCodes[parts.exit ?? errorCatalogue[code].exit];
    this.detail = parts.detail;
    this.hint = parts.hint;
  }
}

/** Make an error of the catalogue: `throw failure('node_id_taken', { message, detail, hint })`. */
export function failure(code: ErrorCode, parts: ErrorParts): RepmgrError {
  return new RepmgrError(code, parts);
}
