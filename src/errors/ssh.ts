/** Errors of commands that are run on other hosts by SSH; each says something else to the one who set it up. */
import type { CatalogueEntry } from './entry.ts';

export const sshErrors = {
  rsync_missing: { exit: 'rsyncFailed', about: 'the program rsync is not installed on this host' },
  rsync_failed: {
    exit: 'rsyncFailed',
    about: 'rsync could not copy everything: no space, no permission, wrong rsync_options',
  },
  ssh_missing: { exit: 'sshFailed', about: 'the program ssh is not installed' },
  ssh_unreachable: {
    exit: 'sshFailed',
    about: 'no SSH connection to a host comes about, or it breaks off: refused, timed out, host not known',
  },
  ssh_login_refused: {
    exit: 'sshFailed',
    about: 'a host accepts none of our SSH keys, or asks for a password, which repmgr never gives',
  },
  ssh_host_key_unknown: {
    exit: 'sshFailed',
    about: 'the SSH key of a host is not among the known ones',
  },
  ssh_host_key_changed: {
    exit: 'sshFailed',
    about: 'the SSH key of a host is another one than the one that is known',
  },
  ssh_failed: { exit: 'sshFailed', about: 'ssh failed for another reason, such as wrong ssh_options' },
  ssh_timeout: { exit: 'sshFailed', about: 'a command on another host did not end in time' },
  remote_program_missing: {
    exit: 'sshFailed',
    about: 'a program is not found on another host, or cannot be run there',
  },
  remote_file_unreadable: { exit: 'sshFailed', about: 'a file on another host cannot be read by SSH' },
  remote_output_unreadable: {
    exit: 'internalError',
    about: 'repmgr on another host failed, or printed something else than what was asked for',
  },
} as const satisfies Record<string, CatalogueEntry>;
