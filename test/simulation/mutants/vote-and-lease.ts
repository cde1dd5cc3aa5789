/** Mutants of the vote and of the lease. */
import type { Mutant } from './mutant.ts';

export const voteAndLease: readonly Mutant[] = [];
