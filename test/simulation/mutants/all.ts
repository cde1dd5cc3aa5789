/** Every mutant of the simulation: if one survives, the simulation does not see what the rule is for. */
import type { Mutant } from './mutant.ts';

export const mutants: readonly Mutant[] = [];
