/** What the catalogue says of one error. */
import type { ExitCodeName } from './exit-codes.ts';

export interface CatalogueEntry {
  readonly exit: ExitCodeName;
  /** For docs/errors.md. */
  readonly about: string;
}
