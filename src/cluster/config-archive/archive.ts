/**
 * Keeps the configuration files of a data directory elsewhere while something overwrites them, as pg_rewind does with
 * those of the server that it copies from.
 */
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { failure, type RepmgrError } from '../../errors.ts';
import { configurationFiles } from '../../postgres/configuration-files.ts';
import { writeDurably } from '../../system/durable-file.ts';
import { makeDirectories } from '../../system/make-directories.ts';

export interface ConfigArchive {
  /** Where the files are kept. */
  readonly archive: string;
  readonly dataDirectory: string;
  /** Paths below both directories. */
  readonly files: readonly string[];
}

/**
 * What `storeConfiguration` would copy; changes nothing.
 * @throws RepmgrError config_archive_unusable, data_directory_unusable
 */
export async function planStoring(dataDirectory: string, archive: string): Promise<ConfigArchive> {
  const place = { archive: resolve(archive), dataDirectory: resolve(dataDirectory) };
  if (`${place.archive}${sep}`.startsWith(`${place.dataDirectory}${sep}`)) {
    throw unusable(place.archive, 'It lies within the data directory, which is about to be overwritten.');
  }
  await refuseOthersDirectory(place.archive);
  const files = await configurationFiles(place.dataDirectory);
  if (files.length > 0) return { ...place, files };
  throw failure('data_directory_unusable', {
    message: `no configuration file can be read in the data directory "${place.dataDirectory}"`,
    detail: 'They may lie outside of it, as on Debian; then nothing overwrites them.',
    hint: 'Run repmgr as the user of the server, or leave this step out.',
  });
}

/**
 * Copies the files, readable by their owner only, each at its path below the data directory.
 * @throws RepmgrError config_archive_unusable; what was copied by then stays
 */
export async function storeConfiguration({ archive, dataDirectory, files }: ConfigArchive): Promise<void> {
  await translated(archive, async () => {
    await makeDirectories(archive, 0o700);
    for (const name of files) await copy(join(dataDirectory, name), join(archive, name));
  });
}

/**
 * What `restoreConfiguration` would bring back; changes nothing.
 * @throws RepmgrError config_archive_unusable, data_directory_unusable
 */
export async function planRestoring(dataDirectory: string, archive: string): Promise<ConfigArchive> {
  const place = { archive: resolve(archive), dataDirectory: resolve(dataDirectory) };
  await refuseOthersDirectory(place.archive);
  const isDataDirectory = await lstat(join(place.dataDirectory, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (!isDataDirectory) {
    throw failure('data_directory_unusable', {
      message: `"${place.dataDirectory}" is not a data directory of PostgreSQL`,
      detail: 'It has no PG_VERSION that can be seen.',
      hint: 'Name the data directory with -D.',
    });
  }
  const entries = await translated(place.archive, () =>
    readdir(place.archive, { recursive: true, withFileTypes: true }),
  );
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name).slice(place.archive.length + 1));
  return { ...place, files: files.toSorted() };
}

/**
 * Copies the files back and then removes them, and the directory if nothing else is in it.
 * @returns whether the directory is gone
 * @throws RepmgrError config_archive_unusable; the archive is then still complete
 */
export async function restoreConfiguration({
  archive,
  dataDirectory,
  files,
}: ConfigArchive): Promise<boolean> {
  await translated(archive, async () => {
    for (const name of files) await copy(join(archive, name), join(dataDirectory, name));
  });
  return await translated(archive, async () => {
    for (const name of files) await rm(join(archive, name));
    const rest = await readdir(archive, { recursive: true, withFileTypes: true });
    if (rest.some((entry) => !entry.isDirectory())) return false;
    await rm(archive, { recursive: true });
    return true;
  });
}

async function copy(from: string, to: string): Promise<void> {
  await makeDirectories(dirname(to), 0o700);
  await writeDurably(to, await readFile(from), { mode: 0o600 });
}

/** The usual place is below /tmp, where anybody may have put something of that name. */
async function refuseOthersDirectory(path: string): Promise<void> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined) return;
  if (!status.isDirectory()) throw unusable(path, 'It is not a directory.');
  if (status.uid !== process.getuid?.()) throw unusable(path, 'It belongs to another user.');
}

async function translated<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw unusable(path, `${error.message}.`);
    throw error;
  }
}

function unusable(path: string, detail: string): RepmgrError {
  return failure('config_archive_unusable', {
    message: `configuration files cannot be kept in, or brought back from, "${path}"`,
    detail,
    hint: `Look at it: ls -la "${path}"; or name another directory with --config-archive-dir.`,
  });
}
