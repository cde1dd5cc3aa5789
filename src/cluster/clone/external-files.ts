/** Configuration files of the source that lie outside of its data directory, as Debian's below /etc. Only looks. */
import { access, constants, readFile, stat } from 'node:fs/promises';
import { basename, dirname, relative } from 'node:path';
import { failure } from '../../errors.ts';
import type { Connection } from '../../postgres/connection.ts';
import { settingSourceFiles } from '../../postgres/queries/server.ts';
import { readRemoteFile } from '../../system/remote-file.ts';
import type { SshTarget } from '../../system/ssh-failure.ts';
import type { SourceFacts } from './source.ts';
import type { CloneWish } from './wish.ts';

export interface ExternalFile {
  /** On the source, and with `samepath` here. */
  readonly path: string;
  /** Below the data directory, with `pgdata`. */
  readonly name: string;
  readonly content: Buffer;
  /** What lies at the same path on this host. */
  readonly here: 'absent' | 'same' | 'different';
  /** Whether a file may be put there. */
  readonly isWritable: boolean;
}

/** Pure: the three files that a server reads first, as far as they lie outside. */
export function firstFilesOutside({ settings }: SourceFacts): readonly string[] {
  const files = [settings['config_file'], settings['hba_file'], settings['ident_file']];
  return outside(
    files.filter((file) => file !== undefined),
    settings['data_directory'],
  );
}

/** @throws RepmgrError clone_source_unsuitable where it does not show them; of reading them by SSH */
export async function inspectExternalFiles(
  connection: Connection,
  source: SourceFacts,
  { sourceHost }: CloneWish,
  target: SshTarget,
  signal: AbortSignal,
): Promise<readonly ExternalFile[]> {
  if (sourceHost.externalFiles === undefined) return [];
  const { data_directory: dataDirectory, config_file: configFile } = source.settings;
  if (dataDirectory === undefined || configFile === undefined) throw hidden(source);
  const included = outside(await settingSourceFiles(connection), dataDirectory);
  const files: ExternalFile[] = [];
  for (const path of new Set([...firstFilesOutside(source), ...included])) {
    const content = await readRemoteFile(target, path, signal);
    files.push({ path, name: nameOf(path, configFile), content, ...(await lookHere(path, content)) });
  }
  return files;
}

function outside(files: readonly string[], dataDirectory: string | undefined): string[] {
  return files.filter((file) => dataDirectory !== undefined && !file.startsWith(`${dataDirectory}/`));
}

/** What postgresql.conf includes by a relative path is found again. */
function nameOf(path: string, configFile: string): string {
  const name = relative(dirname(configFile), path);
  return name.startsWith('..') ? basename(path) : name;
}

async function lookHere(path: string, content: Buffer): Promise<Pick<ExternalFile, 'here' | 'isWritable'>> {
  const found = await readFile(path).catch((error: unknown) => (isAbsence(error) ? undefined : null));
  const isSame = found !== null && found?.equals(content) === true;
  return {
    here: found === undefined ? 'absent' : isSame ? 'same' : 'different',
    isWritable: await mayWriteInto(dirname(path)),
  };
}

/** A file is replaced by another one, so that its directory counts; one that is absent would be made. */
async function mayWriteInto(directory: string): Promise<boolean> {
  const exists = await stat(directory).then(
    () => true,
    () => false,
  );
  if (!exists && directory !== dirname(directory)) return await mayWriteInto(dirname(directory));
  return await access(directory, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function hidden({ host, port, conninfo }: SourceFacts): Error {
  return failure('clone_source_unsuitable', {
    message: 'the source does not show where its configuration files lie',
    detail: `${host}:${port} does not show "data_directory" and "config_file" to this role.`,
    hint: `On PostgreSQL 10 and later: GRANT pg_read_all_settings TO "${conninfo['user'] ?? ''}"; or leave out --copy-external-config-files.`,
  });
}
