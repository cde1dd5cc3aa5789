/**
 * Brings a data directory back to where it left the line of another server, by pg_rewind: much faster than a copy, where
 * little was written. It takes the other server's configuration along, so that of this node is put back.
 */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { type Conninfo, formatConninfo, withoutSecrets } from '../../model/conninfo.ts';
import { configurationFiles } from '../../postgres/configuration-files.ts';
import { connect } from '../../postgres/connection.ts';
import { findProgram } from '../../postgres/program-version.ts';
import { canServe, type ServerVersion } from '../../postgres/version.ts';
import { runCommand } from '../../system/command.ts';
import { writeDurably } from '../../system/durable-file.ts';

export interface RewindOptions {
  readonly dataDirectory: string;
  readonly version: ServerVersion;
  readonly programDirectory: string | undefined;
  /** The primary to rewind to. */
  readonly source: Conninfo;
  readonly signal: AbortSignal;
  /** Files of the data directory that stay as they are, beside the configuration files; relative to it. */
  readonly alsoKept?: readonly string[];
}

/**
 * Why a rewind is no way, as far as it can be told before; undefined: it may be tried.
 * @throws RepmgrError interrupted
 */
export async function whyNoRewind({
  version,
  programDirectory,
  signal,
}: RewindOptions): Promise<string | undefined> {
  if (!version.capabilities.hasRewind) return `PostgreSQL ${version.major} has no pg_rewind`;
  const program = await findProgram('pg_rewind', programDirectory, signal);
  if (program === undefined) return 'pg_rewind is not installed';
  return canServe(program.version, version) && program.version.major === version.major
    ? undefined
    : `the installed pg_rewind is of PostgreSQL ${program.version.major}`;
}

/**
 * The server was stopped in good order. Afterwards it needs recovery settings before it is started. Where this fails
 * halfway, the directory is no server's any more.
 * @param onBegin called right before anything is changed
 * @throws RepmgrError rewind_failed, of connecting, interrupted
 */
export async function rewind(options: RewindOptions, onBegin: () => Promise<void>): Promise<void> {
  const { dataDirectory, source, signal, alsoKept = [] } = options;
  await checkpoint(source, signal);
  const own = await readConfiguration(dataDirectory, alsoKept);
  await onBegin();
  await runRewind(options, []);
  await writeConfiguration(dataDirectory, own);
}

/** Tries it and changes nothing. @throws RepmgrError rewind_failed, of connecting, interrupted */
export async function tryRewind(options: RewindOptions): Promise<void> {
  await checkpoint(options.source, options.signal);
  await runRewind(options, ['--dry-run']);
}

async function runRewind(options: RewindOptions, more: readonly string[]): Promise<void> {
  const { dataDirectory, programDirectory, source, signal } = options;
  const { password, ...rest } = source;
  const program = programDirectory === undefined ? 'pg_rewind' : join(programDirectory, 'pg_rewind');
  const shown = formatConninfo(withoutSecrets(rest));
  const result = await runCommand(
    program,
    [`--target-pgdata=${dataDirectory}`, `--source-server=${shown}`, '--progress', ...more],
    {
      cwd: dataDirectory,
      deadlineMs: limits.rewindMs,
      signal,
      // No list of processes shows it there.
      env: { ...process.env, LC_MESSAGES: 'C', ...(password === undefined ? {} : { PGPASSWORD: password }) },
    },
  );
  if (result.exitCode !== 0 || result.timedOut) {
    throw failure('rewind_failed', {
      message: result.timedOut
        ? `pg_rewind did not end within ${limits.rewindMs / 60_000} minutes`
        : `pg_rewind failed with exit code ${result.exitCode}`,
      detail: result.stderr.trim().split('\n').slice(-3).join('\n'),
      hint: 'It needs wal_log_hints=on or data checksums on this node, and a role on the primary that may read its files.',
    });
  }
}

/** pg_rewind finds the new timeline in the control file only. @throws RepmgrError */
async function checkpoint(source: Conninfo, signal: AbortSignal): Promise<void> {
  const connection = await connect(source, { signal });
  try {
    await connection.query('CHECKPOINT', [], { deadlineMs: limits.checkpointMs, signal });
  } finally {
    await connection.close();
  }
}

interface ConfigurationFile {
  readonly name: string;
  readonly content: Buffer;
  readonly mode: number;
}

async function readConfiguration(
  dataDirectory: string,
  alsoKept: readonly string[],
): Promise<readonly ConfigurationFile[]> {
  const names = new Set([...(await configurationFiles(dataDirectory)), ...alsoKept]);
  return await Promise.all(
    [...names].map(async (name) => {
      const path = join(dataDirectory, name);
      const [content, { mode }] = await Promise.all([readFile(path), stat(path)]);
      return { name, content, mode: mode & 0o777 };
    }),
  );
}

async function writeConfiguration(dataDirectory: string, files: readonly ConfigurationFile[]): Promise<void> {
  for (const { name, content, mode } of files) {
    const path = join(dataDirectory, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeDurably(path, content, { mode });
  }
}
