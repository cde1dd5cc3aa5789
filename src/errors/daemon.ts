/** Errors of repmgrd: its listener, its state file, its start. */
import type { CatalogueEntry } from './entry.ts';

export const daemonErrors = {
  api_address_unusable: {
    exit: 'badConfiguration',
    about: 'repmgrd cannot listen at api_listen',
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
  detach_failed: { exit: 'systemFailure', about: 'repmgrd cannot go into the background' },
} as const satisfies Record<string, CatalogueEntry>;
