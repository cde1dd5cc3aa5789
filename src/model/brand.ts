/** Marks a primitive type so that it is not mixed up with another of the same shape (LSN, node id, timeline). */
export type Brand<Base, Name extends string> = Base & { readonly __brand: Name };
