/** Reads JSON that somebody else wrote. */

/** @returns undefined where it is no JSON; JSON itself has no such value */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
