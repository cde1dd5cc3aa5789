/** Errors of cloning. */
import type { CatalogueEntry } from './entry.ts';

export const cloneErrors = {
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
  base_backup_failed: { exit: 'baseBackupFailed', about: 'the base backup could not be taken or broke off' },
  backup_label_unreadable: {
    exit: 'badBackupLabel',
    about: 'the backup_label of the source does not say where the WAL of the copy begins',
  },
  backup_verification_failed: {
    exit: 'baseBackupFailed',
    about: 'the copy does not agree with the manifest of the base backup',
  },
} as const satisfies Record<string, CatalogueEntry>;
