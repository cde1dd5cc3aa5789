/** Errors of any command: its call, its configuration, the programs that it runs. */
import type { CatalogueEntry } from './entry.ts';

export const generalErrors = {
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
  config_archive_unusable: {
    exit: 'badConfiguration',
    about: 'a directory that keeps configuration files is missing, not ours, or cannot be written',
  },
  output_file_unwritable: {
    exit: 'badConfiguration',
    about: 'a file that was asked for exists already, or cannot be written',
  },
  log_file_unwritable: { exit: 'badConfiguration', about: 'the log file cannot be opened for writing' },
  command_missing: {
    exit: 'badConfiguration',
    about: 'a program that is needed is not installed or not found',
  },
  command_failed: { exit: 'localCommandFailed', about: 'a program that was run ended with an error' },
} as const satisfies Record<string, CatalogueEntry>;
