/** Where the programs of a PostgreSQL server are, or would be: those of the system, else fetched ones. */
import { newestMajor } from './embedded-packages.ts';
import { fetchedServer } from './fetched-servers.ts';
import { installedServers } from './installed-servers.ts';

export interface LocatedServer {
  readonly major: string;
  /** The directory of its programs. */
  readonly binDirectory: string;
  /** False: it must be fetched first. */
  readonly isPresent: boolean;
}

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
  return { major, ...(await fetchedServer(major)) };
}
