/** Names in synchronous_standby_names, by which a primary knows its synchronous standbys. Pure. */
import { quoteIdentifier } from '../metadata/names.ts';

/**
 * @param names the value of the setting: `a, "b"`, `2 (a, b)`, `FIRST 1 (a)`, `ANY 1 (a, b)`
 * @returns the value with the current name in the place of the former one; undefined where that is not in it
 */
export function synchronousNamesWith(
  names: string,
  { former, current }: { readonly former: string; readonly current: string },
): string | undefined {
  let isThere = false;
  const changed = names.replaceAll(/"(?:[^"]|"")*"|[^\s,()"]+/g, (word) => {
    const name = word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word;
    // PostgreSQL compares them without regard to case.
    if (name.toLowerCase() !== former.toLowerCase()) return word;
    isThere = true;
    return quoteIdentifier(current);
  });
  return isThere ? changed : undefined;
}
