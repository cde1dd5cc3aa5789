/** What tells a data directory from any other that was at its place before. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * PostgreSQL writes these files in place or never again, so they stay the same ones over restarts; a clone brings others,
 * and one that only brings what differs brings another control file. Device numbers would change with a boot.
 * @returns undefined where it cannot be read
 */
export async function directoryMark(dataDirectory: string): Promise<string | undefined> {
  try {
    const files = ['PG_VERSION', join('global', 'pg_control')].map((name) => join(dataDirectory, name));
    const found = await Promise.all(files.map(async (file) => await stat(file)));
    return found.map(({ ino, birthtimeMs }) => `${ino}-${birthtimeMs}`).join(' ');
  } catch {
    return undefined;
  }
}
