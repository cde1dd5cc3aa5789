/** What lies in a directory that is, or shall become, a data directory. Only looks; changes nothing. */
import { access, constants, readdir, readFile, readlink, realpath, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export type DirectoryContent =
  | { readonly kind: 'absent' }
  | { readonly kind: 'empty' }
  /** Holds a PostgreSQL cluster: PG_VERSION, or directories of tablespace versions. */
  | {
      readonly kind: 'postgresql';
      readonly majorVersion: string | undefined;
      readonly systemIdentifier: string | undefined;
      readonly serverProcessId: number | undefined;
    }
  /** Holds a tablespace: nothing but PG_<version>_<catalog version> directories. */
  | { readonly kind: 'tablespace' }
  | { readonly kind: 'foreign'; readonly example: string }
  | { readonly kind: 'not a directory' }
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface DirectoryInspection {
  /** Absolute, symbolic links resolved as far as they exist. */
  readonly path: string;
  readonly content: DirectoryContent;
  /** Of the directory, or of the nearest parent that can be looked at. */
  readonly ownerUid: number;
  readonly isOwnedByUs: boolean;
  readonly isWritable: boolean;
  readonly freeBytes: number;
  /** Tells whether two directories share their free space. */
  readonly device: number;
}

/**
 * Looks at a directory that may not exist; never throws for what it finds there.
 * @param isIgnored names that count as not being there, like `lost+found`
 */
export async function inspectDataDirectory(
  directory: string,
  isIgnored: (name: string) => boolean = () => false,
): Promise<DirectoryInspection> {
  const content = await readContent(resolve(directory), isIgnored);
  const path =
    content.kind === 'absent'
      ? resolve(directory)
      : await realpath(directory).catch(() => resolve(directory));
  const existing = await nearestReachable(path);
  const status = await stat(existing);
  const space = await statfs(existing);
  return {
    path,
    content,
    ownerUid: status.uid,
    isOwnedByUs: process.getuid === undefined || status.uid === process.getuid(),
    isWritable: await isWritable(existing),
    freeBytes: space.bavail * space.bsize,
    device: status.dev,
  };
}

/** The process id in postmaster.pid where that process lives; a file left by a crash does not count. */
export async function runningServerProcess(dataDirectory: string): Promise<number | undefined> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const processId = Math.abs(Number.parseInt(text, 10));
  if (!Number.isInteger(processId) || processId === 0) {
    return undefined;
  }
  return (await isAlive(processId)) ? processId : undefined;
}

/** Where the symbolic links in pg_tblspc of a data directory lead: the directories of its tablespaces. */
export async function tablespaceDirectories(dataDirectory: string): Promise<string[]> {
  const links = join(dataDirectory, 'pg_tblspc');
  const names = await readdir(links).catch(() => []);
  const targets = await Promise.all(
    names.map((name) =>
      readlink(join(links, name)).then(
        (target) => resolve(links, target),
        () => undefined,
      ),
    ),
  );
  return targets.filter((target) => target !== undefined);
}

async function readContent(path: string, isIgnored: (name: string) => boolean): Promise<DirectoryContent> {
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') {
      return { kind: 'absent' };
    }
    return code === 'ENOTDIR' ? { kind: 'not a directory' } : { kind: 'unreadable', reason: String(error) };
  }
  const content = names.filter((name) => name !== 'lost+found' && !isIgnored(name));
  if (content.length === 0) {
    return { kind: 'empty' };
  }
  if (content.includes('PG_VERSION')) {
    return {
      kind: 'postgresql',
      majorVersion: (await readFile(join(path, 'PG_VERSION'), 'utf8').catch(() => '')).trim() || undefined,
      systemIdentifier: await readSystemIdentifier(path),
      serverProcessId: await runningServerProcess(path),
    };
  }
  if (content.every((name) => /^PG_[\d.]+_\d{9}$/.test(name))) {
    return { kind: 'tablespace' };
  }
  return { kind: 'foreign', example: content.toSorted()[0] ?? '' };
}

/** pg_control begins with the system identifier, 8 bytes in the byte order of the machine (little-endian here). */
async function readSystemIdentifier(dataDirectory: string): Promise<string | undefined> {
  const control = await readFile(join(dataDirectory, 'global', 'pg_control')).catch(() => undefined);
  return control === undefined || control.length < 8 ? undefined : String(control.readBigUInt64LE(0));
}

/** The directory itself, or the nearest one above it that exists and may be looked at. */
async function nearestReachable(path: string): Promise<string> {
  let candidate = path;
  while (!(await isReachable(candidate))) candidate = dirname(candidate);
  return candidate;
}

async function isReachable(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** A killed postmaster may stay a zombie until it is reaped; it holds nothing any more. */
async function isAlive(processId: number): Promise<boolean> {
  try {
    process.kill(processId, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const status = await readFile(`/proc/${processId}/stat`, 'utf8').catch(() => undefined);
  return status === undefined || !/^\d+ \(.*\) [ZX] /s.test(status);
}
