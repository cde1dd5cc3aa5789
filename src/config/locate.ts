/** Finds and reads repmgr.conf; the one place of this folder that touches the disk. */
import * as fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { quoteForShell } from '../model/shell-word.ts';

export interface SearchOptions {
  /** The path of `-f`; no other place is tried then. */
  readonly file?: string | undefined;
  readonly workingDirectory: string;
  /** Gives PostgreSQL's SYSCONFDIR; asked only where the file is in no other place. */
  readonly systemConfigDirectory?: (() => Promise<string | undefined>) | undefined;
  /** `/etc/repmgr.conf`, except in tests. */
  readonly globalFile?: string;
}

export interface LocatedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

export type SearchResult =
  | { readonly kind: 'found'; readonly file: LocatedFile; readonly searched: readonly string[] }
  | { readonly kind: 'not-found'; readonly searched: readonly string[] };

const fileName = 'repmgr.conf';

// node:fs/promises would be loaded for this alone by most commands, which takes 2 ms of each.
const { constants } = fs;
const access = promisify(fs.access);
const open = promisify(fs.open);
const fstat = promisify(fs.fstat);
const readFile = promisify(fs.readFile);
const close = promisify(fs.close);
const readdir = promisify(fs.readdir);

/**
 * Looks for the file where repmgr 3.3 does: `-f`, else the working directory, /etc, and SYSCONFDIR.
 * @throws RepmgrError configuration_file_unreadable where `-f` names no readable file, or one that was found cannot be
 * read
 */
export async function locateConfiguration(options: SearchOptions): Promise<SearchResult> {
  if (options.file !== undefined) {
    const path = resolve(options.workingDirectory, options.file);
    return { kind: 'found', file: { path, text: await readConfigurationFile(path) }, searched: [path] };
  }
  const searched: string[] = [];
  for (const place of searchPlaces(options)) {
    const path = await place();
    if (path === undefined) continue;
    searched.push(path);
    if (!(await canEnter(dirname(path)))) continue;
    const text = await readIfPresent(path);
    if (text !== undefined) return { kind: 'found', file: { path, text }, searched };
  }
  return { kind: 'not-found', searched };
}

function searchPlaces(options: SearchOptions): readonly (() => Promise<string | undefined>)[] {
  return [
    async () => join(options.workingDirectory, fileName),
    async () => options.globalFile ?? `/etc/${fileName}`,
    async () => {
      const directory = await options.systemConfigDirectory?.();
      return directory === undefined ? undefined : join(directory, fileName);
    },
  ];
}

/** After `cd /root; runuser -u postgres -- repmgr ...` the working directory is closed to us; nothing is there for us. */
async function canEnter(directory: string): Promise<boolean> {
  return await access(directory, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Reads one file of configuration as UTF-8.
 * @throws RepmgrError configuration_file_unreadable
 */
export async function readConfigurationFile(path: string): Promise<string> {
  const text = await readIfPresent(path);
  if (text === undefined)
    throw unreadable(
      path,
      'the file does not exist',
      `its directory with: ls -ld ${quoteForShell(dirname(path))}`,
    );
  return text;
}

/** @returns undefined where the file does not exist; every other obstacle is an error. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readBounded(path);
  } catch (error) {
    if (error instanceof RepmgrError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(path, reasonOf(code, error));
  }
}

/** The paths of the `*.conf` files of a directory, sorted by name as PostgreSQL reads an `include_dir`. */
export async function listConfigurationFiles(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory);
    return names
      .filter((name) => name.endsWith('.conf') && !name.startsWith('.'))
      .toSorted()
      .map((name) => join(directory, name));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw unreadable(directory, reasonOf(code, error));
  }
}

async function readBounded(path: string): Promise<string> {
  // Without O_NONBLOCK a named pipe would let us wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await fstat(file);
    if (stat.isDirectory()) throw unreadable(path, 'it is a directory');
    if (!stat.isFile()) throw unreadable(path, 'it is not a regular file');
    const limit = limits.configurationFileBytes;
    if (stat.size > limit)
      throw unreadable(path, `it has ${stat.size} bytes, no more than ${limit} are read`);
    const bytes = await readFile(file);
    if (bytes.includes(0)) throw unreadable(path, 'it holds zero bytes, so it is no text in UTF-8');
    return bytes.toString('utf8');
  } finally {
    await close(file);
  }
}

function reasonOf(code: string, error: unknown): string {
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'ENOENT') return 'it does not exist';
  return error instanceof Error ? error.message : code;
}

function unreadable(path: string, reason: string, look = `it with: ls -l ${quoteForShell(path)}`): Error {
  return failure('configuration_file_unreadable', {
    message: `cannot read configuration file "${path}"`,
    detail: `${reason[0]?.toUpperCase()}${reason.slice(1)}.`,
    hint: `Look at ${look}`,
  });
}
