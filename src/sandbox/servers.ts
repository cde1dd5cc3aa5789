/** Where the programs of a PostgreSQL server are, or would be: those of the system, else fetched ones. */
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { embeddedPackage, newestMajor } from './embedded-packages.ts';
import { fetchedBinDirectory, type FetchOptions, fetchServer } from './fetched-servers.ts';
import { installedServers } from './installed-servers.ts';

export interface LocatedServer {
  readonly major: string;
  /** The directory of its programs. */
  readonly binDirectory: string;
  /** False: it must be fetched first. */
  readonly isPresent: boolean;
}

const platform = `${process.platform}-${process.arch}`;

/**
 * @param wanted a major version; undefined: the newest that is installed, else the newest that can be fetched
 * @throws RepmgrError postgresql_unavailable, where there is no such version
 */
export async function locateServer(wanted: string | undefined): Promise<LocatedServer> {
  const installed = await installedServers();
  // Versions with a point in them are older than what a sandbox offers.
  const found = installed.find(({ major }) =>
    wanted === undefined ? !major.includes('.') : major === wanted,
  );
  if (found !== undefined) return { ...found, isPresent: true };
  const major = wanted ?? newestMajor;
  const binDirectory = fetchedBinDirectory(embeddedPackage(major, platform), cacheDirectory());
  const isPresent = await access(binDirectory).then(
    () => true,
    () => false,
  );
  return { major, binDirectory, isPresent };
}

/** @throws RepmgrError postgresql_unavailable, interrupted */
export async function provideServer(
  { major, isPresent }: LocatedServer,
  options: FetchOptions,
): Promise<void> {
  if (!isPresent) await fetchServer(embeddedPackage(major, platform), cacheDirectory(), options);
}

/** Of root one that every user can read: the servers run as another. */
function cacheDirectory(): string {
  if (process.getuid?.() === 0) return '/var/cache/repmgr';
  const base = process.env['XDG_CACHE_HOME'];
  return join(base !== undefined && base.startsWith('/') ? base : join(homedir(), '.cache'), 'repmgr');
}
