/** Every mutant of the simulation: if one survives, the simulation does not see what the rule is for. */
import { contact } from './contact.ts';
import type { Mutant } from './mutant.ts';
import { record } from './record.ts';
import { synchronous } from './synchronous.ts';
import { voteAndLease } from './vote-and-lease.ts';
import { wal } from './wal.ts';
import { wholeCore } from './whole-core.ts';

export const mutants: readonly Mutant[] = [
  ...wholeCore,
  ...voteAndLease,
  ...record,
  ...contact,
  ...wal,
  ...synchronous,
];
