/** What a connection string says, whatever its form. */

/** Settings by libpq's keyword. An absent keyword has libpq's default; an empty value was given as empty. */
export type Conninfo = Readonly<Record<string, string>>;

/** `position` is the offset in the text, from 0, at which `reason` was noticed. */
export type ParsedConninfo =
  | { readonly kind: 'parsed'; readonly conninfo: Conninfo }
  | { readonly kind: 'invalid'; readonly reason: string; readonly position: number };
