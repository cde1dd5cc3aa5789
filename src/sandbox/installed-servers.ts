/** The PostgreSQL servers that packages of the system have installed. */
import { access, constants, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface InstalledServer {
  /** `15`, `9.6`. */
  readonly major: string;
  readonly binDirectory: string;
}

/** Where packages put the programs of each major version: Debian and Ubuntu, then those of postgresql.org for RHEL. */
const places = [
  { parent: '/usr/lib/postgresql', directory: /^(\d+(?:\.\d+)?)$/ },
  { parent: '/usr', directory: /^pgsql-(\d+(?:\.\d+)?)$/ },
];

/** What can start a server and make a new one, the newest version first. */
export async function installedServers(): Promise<readonly InstalledServer[]> {
  const found = await Promise.all(places.map(serversBelow));
  return found.flat().toSorted((left, right) => Number(right.major) - Number(left.major));
}

async function serversBelow({ parent, directory }: (typeof places)[number]): Promise<InstalledServer[]> {
  const names = await readdir(parent).catch(() => []);
  const servers = await Promise.all(
    names.map(async (name) => {
      const major = directory.exec(name)?.[1];
      const binDirectory = join(parent, name, 'bin');
      return major !== undefined && (await holdsServer(binDirectory)) ? { major, binDirectory } : undefined;
    }),
  );
  return servers.filter((server) => server !== undefined);
}

/** A package of clients alone has neither of the two. */
function holdsServer(binDirectory: string): Promise<boolean> {
  const programs = ['postgres', 'initdb'].map((name) => access(join(binDirectory, name), constants.X_OK));
  return Promise.all(programs).then(
    () => true,
    () => false,
  );
}
