/** Errors of the sandbox. */
import type { CatalogueEntry } from './entry.ts';

export const sandboxErrors = {
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
  repmgrd_start_failed: {
    exit: 'systemFailure',
    about: 'the repmgrd of a node of the sandbox does not start',
  },
  repmgrd_stop_failed: { exit: 'systemFailure', about: 'the repmgrd of a node of the sandbox does not end' },
} as const satisfies Record<string, CatalogueEntry>;
