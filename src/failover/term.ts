/** Terms: each election has its own number, and they only grow. */
import type { Brand } from '../model/brand.ts';

/** 0: none yet. */
export type Term = Brand<number, 'Term'>;

export const noTerm = 0 as Term;

/** In place of a term: the maker of a timeline that a hand made, until a term adopts it. */
export const madeByHand = -1 as Term;

/** The same where a primary was heard of that had gone on without it: no term adopts it any more. */
export const leftBehind = -2 as Term;

/** In place of the maker: a term may adopt the timeline yet. */
export function isUnclaimed(term: Term): boolean {
  return term === noTerm || term === madeByHand;
}

/** That of the bootstrap (rule 0). */
export const firstTerm = 1 as Term;
