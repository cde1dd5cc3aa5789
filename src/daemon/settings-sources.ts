/** What the settings of the core depend on beside the values of repmgr.conf. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { readConfigurationLines } from '../config/load.ts';
import { identifyName } from '../config/names.ts';
import type { Config } from '../config/resolve.ts';

/** Whether the file itself says how long a lost server is waited for. @throws RepmgrError configuration_file_unreadable */
export async function namesReconnect(config: Config): Promise<boolean> {
  const names = ['reconnect_attempts', 'reconnect_interval'];
  const lines = await readConfigurationLines(config);
  return lines.some((line) => {
    if (line.kind !== 'entry') return false;
    const named = identifyName(line.name);
    return named.kind === 'known' && names.includes(named.parameter.name);
  });
}

/** bash, and the psql of the server: what a guard needs. */
export async function hasGuardPrograms({ pgBindir }: Config): Promise<boolean> {
  const directories = (process.env['PATH'] ?? '').split(delimiter);
  const found = await Promise.all([
    isThere('bash', directories),
    isThere('psql', pgBindir === undefined ? directories : [pgBindir]),
  ]);
  return found.every(Boolean);
}

async function isThere(program: string, directories: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    directories.map((directory) =>
      access(join(directory, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
