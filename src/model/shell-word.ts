/** Words of a command line for a POSIX shell. */

/**
 * Makes one word of `text` for a POSIX shell. Words without special characters stay as they are.
 * NUL characters are left out, since no argument can hold them.
 */
export function quoteForShell(text: string): string {
  const word = text.replaceAll('\0', '');
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
