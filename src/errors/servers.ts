/** Errors about one PostgreSQL server: to reach it, to ask it, to control it. */
import type { CatalogueEntry } from './entry.ts';

export const serverErrors = {
  conninfo_invalid: { exit: 'badConfiguration', about: 'a connection string cannot be understood' },
  connection_failed: { exit: 'connectionFailed', about: 'a PostgreSQL server cannot be reached or refuses' },
  password_refused: { exit: 'passwordRefused', about: 'PostgreSQL refused the password, or wants one' },
  connection_lost: { exit: 'connectionFailed', about: 'an open connection to PostgreSQL broke' },
  query_failed: { exit: 'queryFailed', about: 'PostgreSQL refused a statement' },
  query_timeout: { exit: 'queryFailed', about: 'PostgreSQL did not answer a statement in time' },
  server_version_unsupported: { exit: 'badConfiguration', about: 'the server is older than PostgreSQL 9.3' },
  not_a_primary: { exit: 'badConfiguration', about: 'the server is in recovery, a primary is needed' },
  not_a_standby: { exit: 'badConfiguration', about: 'the server is not in recovery, a standby is needed' },
  data_directory_unusable: {
    exit: 'badConfiguration',
    about: 'the data directory of the local server is not known, not its own, or cannot be read or written',
  },
  server_control_failed: {
    exit: 'restartFailed',
    about: 'the command that starts, stops, restarts, reloads or promotes PostgreSQL failed',
  },
  replay_paused: { exit: 'badConfiguration', about: 'the replay of WAL is paused on the standby' },
  slot_unavailable: {
    exit: 'queryFailed',
    about: 'a replication slot cannot be created or is in use by another node',
  },
  recovery_settings_failed: { exit: 'badConfiguration', about: 'the recovery settings could not be written' },
} as const satisfies Record<string, CatalogueEntry>;
