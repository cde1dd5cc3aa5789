/** Errors of repmgrd: its listener, its state file, its start; and of the commands that talk to it. */
import type { CatalogueEntry } from './entry.ts';

export const daemonErrors = {
  api_address_unusable: {
    exit: 'badConfiguration',
    about: 'repmgrd cannot listen at api_listen',
  },
  api_name_unresolved: {
    exit: 'badConfiguration',
    about: 'api_listen names a host, and the resolver does not answer; repmgrd tries again',
  },
  api_certificate_unusable: {
    exit: 'badConfiguration',
    about: 'the certificate files of repmgrd cannot be used',
  },
  daemon_runs_already: {
    exit: 'badConfiguration',
    about: 'another repmgrd of this node is running',
  },
  state_file_unreadable: {
    exit: 'badConfiguration',
    about: 'the state file of repmgrd is there, and may not be read',
  },
  state_directory_unusable: {
    exit: 'badConfiguration',
    about: 'the state directory of repmgrd cannot be made or written',
  },
  pid_file_unusable: {
    exit: 'badConfiguration',
    about: 'the PID file cannot be written, or names a process that runs',
  },
  control_socket_unusable: {
    exit: 'badConfiguration',
    about: 'repmgrd cannot make the socket for commands in state_directory',
  },
  peer_unreachable: { exit: 'connectionFailed', about: 'the repmgrd of another node broke off' },
  daemon_not_running: { exit: 'connectionFailed', about: 'no repmgrd of this node is running' },
  daemon_silent: { exit: 'connectionFailed', about: 'the repmgrd of this node does not answer' },
  request_refused: {
    exit: 'pauseFailed',
    about: 'repmgrd refused a pause, its end, maintenance, or to follow',
  },
  secret_unspread: {
    exit: 'connectionFailed',
    about: 'a new secret of the cluster has not reached every repmgrd',
  },
  secret_missing: { exit: 'badConfiguration', about: 'the metadata of the cluster have no secret yet' },
  daemon_service_failed: { exit: 'serviceFailed', about: 'repmgrd could not be started or stopped' },
  node_inactive: {
    exit: 'badConfiguration',
    about: 'the node is recorded as inactive, and repmgrd is not to start then',
  },
  recording_unreadable: { exit: 'badConfiguration', about: 'a recording of repmgrd cannot be replayed' },
  detach_failed: { exit: 'systemFailure', about: 'repmgrd cannot go into the background' },
  diverged_wal_not_kept: {
    exit: 'rejoinFailed',
    about: 'WAL that only this node has could not be kept, so it is not rejoined',
  },
  rejoin_refused: {
    exit: 'rejoinFailed',
    about: 'a node cannot be made a standby again as it is, or is not stopped',
  },
  rewind_failed: {
    exit: 'rejoinFailed',
    about: 'pg_rewind failed',
  },
} as const satisfies Record<string, CatalogueEntry>;
