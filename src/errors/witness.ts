/** Errors of inviting a witness, and of its joining. */
import type { CatalogueEntry } from './entry.ts';

export const witnessErrors = {
  invitation_unreadable: { exit: 'badConfiguration', about: 'what was given is no token of witness invite' },
  invitation_unknown: {
    exit: 'badConfiguration',
    about: 'the repmgrd that a token leads to does not know it',
  },
  invitation_expired: { exit: 'badConfiguration', about: 'the end time of a token has passed' },
  invitation_used: { exit: 'badConfiguration', about: 'another witness came in with a token' },
  invitation_of_other_cluster: {
    exit: 'badConfiguration',
    about: 'a token is for another cluster than that of repmgr.conf',
  },
  state_file_unwritable: {
    exit: 'badConfiguration',
    about: 'a witness was registered, and its state file could not be written',
  },
  joined_already: {
    exit: 'badConfiguration',
    about: 'the state file says that this witness has joined, or its repmgrd runs',
  },
} as const satisfies Record<string, CatalogueEntry>;
