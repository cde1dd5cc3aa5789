/**
 * The options that a user gives to rsync instead of the default ones: read, so that none of them spoils a copy, and
 * names of PostgreSQL 9.x in them are translated. Pure.
 */
import { failure } from '../../errors.ts';
import type { ServerVersion } from '../version.ts';

export interface RsyncOptions {
  readonly words: readonly string[];
  /** Old names that were replaced. */
  readonly translations: readonly string[];
}

/** Where nothing is said. A node that is replaced gets its own way to compare in addition. */
export const defaultRsyncOptions = ['--recursive', '--links', '--perms', '--times', '--compress'];

/** What would leave files out, follow links, change files of the node that is replaced, or do something else altogether. */
const refused: Readonly<Record<string, string | undefined>> = {
  append: undefined,
  'append-verify': undefined,
  backup: 'b',
  'copy-dirlinks': 'k',
  'copy-links': 'L',
  'copy-unsafe-links': undefined,
  daemon: undefined,
  'delete-excluded': undefined,
  'dry-run': 'n',
  'delay-updates': undefined,
  existing: undefined,
  'files-from': undefined,
  'ignore-existing': undefined,
  'ignore-non-existing': undefined,
  inplace: undefined,
  'list-only': undefined,
  'max-size': undefined,
  'min-size': undefined,
  'one-file-system': 'x',
  'partial-dir': undefined,
  relative: 'R',
  'remove-source-files': undefined,
  'size-only': undefined,
  update: 'u',
  'write-devices': undefined,
};
/** Letters that take what follows as their value. */
const lettersWithValue = 'efBMT@';

const newNames: Readonly<Record<string, string>> = { pg_xlog: 'pg_wal', pg_clog: 'pg_xact' };

/**
 * @param words as a shell splits them
 * @throws RepmgrError clone_options_contradict
 */
export function readRsyncOptions(words: readonly string[], version: ServerVersion): RsyncOptions {
  for (const name of words.flatMap(optionNames)) {
    if (!Object.hasOwn(refused, name)) continue;
    throw failure('clone_options_contradict', {
      message: `option --${name} cannot be given to rsync for a clone`,
      detail:
        'It would leave out files that the clone needs, follow links, or change files that are to be kept.',
      hint: 'Leave it out of rsync_options in repmgr.conf.',
    });
  }
  // Spelled out in the default of repmgr 3, it would only hide ssh_options.
  const kept = words.filter((word) => word !== '--rsh=ssh');
  const isRenamed = version.capabilities.walNames.directory === newNames['pg_xlog'];
  const renamed = isRenamed ? kept.map(translate) : kept;
  const translations = Object.entries(newNames)
    .filter(([old]) => isRenamed && kept.some((word) => word.includes(old)))
    .map(([old, name]) => `"${old}" is called "${name}"`);
  return { words: renamed, translations };
}

function translate(word: string): string {
  return Object.entries(newNames).reduce((text, [old, name]) => text.replaceAll(old, name), word);
}

/** Long names of the options in one word. */
function optionNames(word: string): readonly string[] {
  if (word.startsWith('--')) return [word.slice(2).split('=', 1)[0] ?? ''];
  if (!word.startsWith('-')) return [];
  const letters = word.slice(1).split('');
  const end = letters.findIndex((letter) => lettersWithValue.includes(letter));
  const flags = end === -1 ? letters : letters.slice(0, end);
  return Object.entries(refused).flatMap(([name, letter]) =>
    letter !== undefined && flags.includes(letter) ? [name] : [],
  );
}
