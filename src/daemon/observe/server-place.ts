/** Where the local server lies and which version it is of, whether it runs or not. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../errors.ts';
import { parseVersionText, type ServerVersion, serverVersion } from '../../postgres/version.ts';

export interface ServerPlace {
  readonly dataDirectory: string;
  readonly version: ServerVersion;
  /** Where an operator's clone leaves its note. */
  readonly newCopyFile?: string;
}

/** Of a witness: its PostgreSQL, where it has one, holds no data of the cluster, and nobody looks into it. */
export const placeOfWitness: ServerPlace = { dataDirectory: '', version: serverVersion(100_000) };

/** @throws RepmgrError data_directory_unusable, server_version_unsupported */
export async function readServerPlace(dataDirectory: string): Promise<ServerPlace> {
  const file = join(dataDirectory, 'PG_VERSION');
  try {
    const text = await readFile(file, 'utf8');
    return { dataDirectory, version: serverVersion(parseVersionText(text.trim()) ?? 0) };
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw failure('data_directory_unusable', {
      message: `"${dataDirectory}" is no data directory that can be read`,
      detail: `The system says: ${error.message}.`,
      hint: 'Correct data_directory in repmgr.conf, and run repmgrd as the user that owns the directory.',
      cause: error,
    });
  }
}
