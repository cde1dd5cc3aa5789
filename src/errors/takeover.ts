/** Errors of taking metadata over from repmgr 2 and repmgr 5. */
import type { CatalogueEntry } from './entry.ts';

export const takeoverErrors = {
  metadata_rows_unfit: {
    exit: 'badConfiguration',
    about: 'metadata of another repmgr have rows that cannot be taken over; all of them are listed',
  },
  metadata_already_there: {
    exit: 'badConfiguration',
    about: 'an upgrade or import of metadata has been done before, or was begun by hand',
  },
} as const satisfies Record<string, CatalogueEntry>;
