/**
 * The options that a user gives to pg_basebackup beside ours: read, so that ours do not contradict them, and
 * translated from the names of PostgreSQL 9.x. Pure.
 * See https://www.postgresql.org/docs/current/app-pgbasebackup.html
 */
import { parseArgs } from 'node:util';
import { failure } from '../../errors.ts';
import type { ServerVersion } from '../version.ts';

export interface BackupOptions {
  /** For the program, behind ours. */
  readonly words: readonly string[];
  readonly walMethod: 'none' | 'fetch' | 'stream' | undefined;
  /** Unless --no-manifest is given. */
  readonly makesManifest: boolean;
  /** --slot or --no-slot: the user cares about the slot. */
  readonly saysSlot: boolean;
  /** A directory of its own for WAL; absolute. Its words are not among `words`. */
  readonly walDirectory: string | undefined;
  /** Old names that were replaced, as in `--xlog-method is called --wal-method`. */
  readonly translations: readonly string[];
}

/** Options with a value, so that a value is not taken for an option; the rest are flags. */
const optionsWithValue: Readonly<Record<string, string | undefined>> = {
  pgdata: 'D',
  format: 'F',
  incremental: 'i',
  'max-rate': 'r',
  target: 't',
  'tablespace-mapping': 'T',
  waldir: undefined,
  xlogdir: undefined,
  'wal-method': 'X',
  'xlog-method': undefined,
  compress: 'Z',
  checkpoint: 'c',
  label: 'l',
  'status-interval': 's',
  slot: 'S',
  dbname: 'd',
  host: 'h',
  port: 'p',
  username: 'U',
  'manifest-checksums': undefined,
  'sync-method': undefined,
};
const flags: Readonly<Record<string, string | undefined>> = {
  xlog: 'x',
  'no-slot': undefined,
  'no-manifest': undefined,
  password: 'W',
};

/** What is decided elsewhere, and by which name. */
const ours: Readonly<Record<string, string>> = {
  pgdata: '-D of repmgr',
  target: '-D of repmgr',
  incremental: 'a whole copy',
  dbname: '-d of repmgr',
  host: '-h of repmgr',
  port: '-p of repmgr',
  username: '--replication-user of repmgr',
  password: 'a password file',
  'tablespace-mapping': 'tablespace_mapping in repmgr.conf',
};

const newNames: Readonly<Record<string, string>> = {
  'xlog-method': 'wal-method',
  xlogdir: 'waldir',
  xlog: 'wal-method=fetch',
};

/**
 * @param words as a shell splits them
 * @param program the version of pg_basebackup
 * @throws RepmgrError clone_options_contradict for what only repmgr may say
 */
export function readBackupOptions(words: readonly string[], program: ServerVersion): BackupOptions {
  const { tokens } = parseArgs({
    args: [...words],
    options: optionTable(),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = tokens.filter((token) => token.kind === 'option');
  const valueOf = (...names: string[]) => given.findLast(({ name }) => names.includes(name))?.value;
  refuseOurs(given);
  const isNew = program.capabilities.backupOptionsSay === 'wal';
  const renamed = isNew ? given.filter(({ name }) => newNames[name] !== undefined) : [];
  const method =
    valueOf('wal-method', 'xlog-method') ?? (given.some(({ name }) => name === 'xlog') ? 'fetch' : undefined);
  return {
    words: rewrite(words, given, renamed),
    walMethod: method === undefined ? undefined : walMethodOf(method),
    makesManifest: !given.some(({ name }) => name === 'no-manifest'),
    saysSlot: given.some(({ name }) => name === 'slot' || name === 'no-slot'),
    walDirectory: valueOf('waldir', 'xlogdir'),
    translations: renamed.map(({ name, rawName }) => `${rawName} is called --${newNames[name]}`),
  };
}

interface GivenOption {
  readonly name: string;
  readonly rawName: string;
  readonly index: number;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/** Leaves every word as it is but those that are renamed, and those of the WAL directory. */
function rewrite(
  words: readonly string[],
  given: readonly GivenOption[],
  renamed: readonly GivenOption[],
): string[] {
  const rewritten: (readonly string[])[] = words.map((word) => [word]);
  for (const { name, index, inlineValue } of given) {
    if (name === 'waldir' || name === 'xlogdir') {
      rewritten[index] = [];
      if (inlineValue === false) rewritten[index + 1] = [];
    } else if (renamed.some((option) => option.index === index)) {
      // Letters that share a word, as in -xv, get a word each.
      rewritten[index] = given
        .filter((option) => option.index === index)
        .map((option) => (renamed.includes(option) ? newWord(option) : shortWord(option)));
    }
  }
  return rewritten.flat();
}

function newWord({ name, value, inlineValue }: GivenOption): string {
  return `--${newNames[name]}${inlineValue === true ? `=${value}` : ''}`;
}

function shortWord({ rawName, value, inlineValue }: GivenOption): string {
  return `${rawName}${inlineValue === true ? value : ''}`;
}

function optionTable(): Record<string, { type: 'string' | 'boolean'; short?: string }> {
  const entries = (table: typeof flags, type: 'string' | 'boolean') =>
    Object.entries(table).map(
      ([name, short]) => [name, { type, ...(short === undefined ? {} : { short }) }] as const,
    );
  return Object.fromEntries([...entries(optionsWithValue, 'string'), ...entries(flags, 'boolean')]);
}

function walMethodOf(text: string): BackupOptions['walMethod'] {
  const methods = { n: 'none', f: 'fetch', s: 'stream' } as const;
  const [first] = text;
  if (first === 'n' || first === 'f' || first === 's') return methods[first];
  throw contradiction(`pg_basebackup has no WAL method "${text}"`, 'It knows none, fetch and stream.');
}

function refuseOurs(given: readonly GivenOption[]): void {
  for (const { name, value } of given) {
    const instead = ours[name];
    if (instead !== undefined) {
      throw contradiction(
        `option --${name} cannot be given to pg_basebackup`,
        `That is what ${instead} decides.`,
      );
    }
    if (name === 'format' && !value?.startsWith('p')) {
      throw contradiction(
        'a standby cannot be made in the tar format',
        'Its data directory must hold the files themselves.',
      );
    }
  }
}

function contradiction(message: string, detail: string): Error {
  return failure('clone_options_contradict', {
    message,
    detail,
    hint: 'Correct pg_basebackup_options in repmgr.conf.',
  });
}
