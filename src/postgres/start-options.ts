/** The options that a server was last started with; a start that forgot them would be another server. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteForShell } from '../system/shell.ts';

/**
 * Reads postmaster.opts for `pg_ctl -o`, which a shell reads. The data directory is left out: the file may have come
 * with a copy of another one.
 * @returns undefined where there is no such file, or no option in it
 */
export async function keptStartOptions(dataDirectory: string): Promise<string | undefined> {
  const text = await readFile(join(dataDirectory, 'postmaster.opts'), 'utf8').catch(() => '');
  const kept = withoutDataDirectory(parseStartOptions(text));
  return kept.length === 0 ? undefined : kept.map(quoteForShell).join(' ');
}

/** Pure: PostgreSQL writes the program bare and each argument as `"argument"`, with nothing escaped. */
export function parseStartOptions(text: string): string[] {
  const quoted = /^[^"]*? "(.*)"\s*$/s.exec(text)?.[1];
  return quoted === undefined ? [] : quoted.split('" "');
}

function withoutDataDirectory(words: readonly string[]): string[] {
  return words.filter(
    (word, index) => word !== '-D' && words[index - 1] !== '-D' && !/^(-D.|--data[-_]directory=)/.test(word),
  );
}
