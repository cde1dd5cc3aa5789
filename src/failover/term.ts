/** Terms: each election has its own number, and they only grow. */
import type { Brand } from '../model/brand.ts';

/** 0: none yet. */
export type Term = Brand<number, 'Term'>;

export const noTerm = 0 as Term;

/** In place of a term: the maker of a timeline that a hand made, until a term adopts it. */
export const madeByHand = -1 as Term;

/** That of the bootstrap (rule 0). */
export const firstTerm = 1 as Term;
