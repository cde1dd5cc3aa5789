/** A base backup by PostgreSQL's own pg_basebackup, whose progress is read from what it writes. */
import { failure, RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { type Conninfo, formatConninfo, redactConninfo } from '../../model/conninfo.ts';
import { isSecretKeyword } from '../../model/conninfo-keywords.ts';
import { runCommand } from '../../system/command.ts';
import type { InstalledProgram } from '../program-version.ts';
import type { TablespaceCopy } from './protocol.ts';
import { watchSilence } from './silence.ts';

export interface ProgramBackup {
  readonly program: InstalledProgram;
  readonly source: Conninfo;
  /** Exists and is empty. */
  readonly dataDirectory: string;
  readonly tablespaces: readonly TablespaceCopy[];
  /** Exists and is empty; undefined: within the data directory. */
  readonly walDirectory: string | undefined;
  readonly label: string;
  readonly isCheckpointFast: boolean;
  readonly wal: BackupWal;
  /** Of the user, behind ours. */
  readonly furtherOptions: readonly string[];
  onStart(totalBytes: number): void;
  onProgress(copiedBytes: number): void;
  /** What it says beside its progress. */
  onMessage(line: string): void;
  readonly signal: AbortSignal;
}

/** How WAL is copied, as far as the user does not say it; a slot of that name keeps it meanwhile. */
export type BackupWal =
  | { readonly kind: 'slot'; readonly name: string }
  /** PostgreSQL 10+ makes a temporary slot by itself. */
  | { readonly kind: 'stream' }
  | { readonly kind: 'stream without slot' }
  | { readonly kind: 'as the user says' };

/**
 * @throws RepmgrError base_backup_failed, command_missing, interrupted, clone_options_contradict for a secret that
 *   could be given to the program on its command line only
 */
export async function takeBackupByProgram(backup: ProgramBackup): Promise<void> {
  const { program, signal } = backup;
  const said: string[] = [];
  const silence = watchSilence(limits.baseBackupStartMs);
  let isStarted = false;
  const take = (line: string): void => {
    const progress = parseProgress(line);
    if (progress === undefined) {
      if (line.trim() !== '') said.push(line);
      if (isStarted) silence.allow(quietMs(line));
      backup.onMessage(redactConninfo(line));
      return;
    }
    if (!isStarted) backup.onStart(progress.totalBytes);
    isStarted = true;
    backup.onProgress(progress.copiedBytes);
    silence.allow(progress.isComplete ? limits.baseBackupWalMs : limits.baseBackupSilenceMs);
  };
  try {
    const { exitCode } = await runCommand(program.file, basebackupArguments(backup), {
      env: environmentOf(backup.source),
      onStderrLine: take,
      endsWithUs: true,
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (exitCode !== 0) throw ended(exitCode, said);
  } catch (error) {
    const isStalled = silence.signal.aborted && !signal.aborted && error instanceof RepmgrError;
    throw isStalled ? stalled() : error;
  } finally {
    silence.stop();
  }
}

/** How long nothing need come after a message: it tells neither how far the WAL is, nor how far the syncing. */
function quietMs(line: string): number {
  return /syncing data/.test(line) ? limits.baseBackupSyncMs : limits.baseBackupWalMs;
}

/** Pure. Secrets are in the environment: everybody may see a command line. */
export function basebackupArguments(backup: Omit<ProgramBackup, 'signal'>): string[] {
  const { wal, program, walDirectory } = backup;
  const { backupOptionsSay } = program.version.capabilities;
  const mappings = backup.tablespaces.map(({ from, workplace }) => `${escape(from)}=${escape(workplace)}`);
  return [
    `--pgdata=${backup.dataDirectory}`,
    `--dbname=${withoutSecrets(backup.source)}`,
    `--label=${backup.label}`,
    '--progress',
    '--verbose',
    '--no-password',
    ...(backup.isCheckpointFast ? ['-c', 'fast'] : []),
    ...mappings.flatMap((mapping) => ['-T', mapping]),
    ...(walDirectory === undefined ? [] : [`--${backupOptionsSay}dir=${walDirectory}`]),
    ...walArguments(wal),
    ...backup.furtherOptions,
  ];
}

function walArguments(wal: BackupWal): string[] {
  switch (wal.kind) {
    case 'slot':
      return ['-X', 'stream', '-S', wal.name];
    case 'stream':
      return ['-X', 'stream'];
    case 'stream without slot':
      return ['-X', 'stream', '--no-slot'];
    case 'as the user says':
      return [];
  }
}

/** Pure: a line such as `37208/1200408 kB (3%), 0/1 tablespace`; undefined for another one. */
export function parseProgress(
  line: string,
): { readonly copiedBytes: number; readonly totalBytes: number; readonly isComplete: boolean } | undefined {
  const match = /^\s*(\d+)(?:\/(\d+))? kB(?: \((\d+)%\))?/.exec(line);
  if (match === null) return undefined;
  const [copied, total] = [match[1], match[2]].map((kilobytes) => Number(kilobytes ?? 0) * 1024);
  return { copiedBytes: copied ?? 0, totalBytes: total ?? 0, isComplete: match[3] === '100' };
}

function environmentOf(source: Conninfo): Record<string, string | undefined> {
  const { password } = source;
  // Its messages are read, so they must not be translated.
  return {
    ...process.env,
    LC_ALL: 'C',
    ...(password === undefined ? {} : { PGPASSWORD: password }),
  };
}

function withoutSecrets(source: Conninfo): string {
  const { password: _password, ...rest } = source;
  const secret = Object.keys(rest).find(isSecretKeyword);
  if (secret !== undefined) {
    throw failure('clone_options_contradict', {
      message: `pg_basebackup cannot be used with "${secret}" in a connection string`,
      detail: 'It would stand in the list of processes, for everybody to read.',
      hint: 'Clone with --backup-method=protocol, or keep the secret where libpq finds it by itself.',
    });
  }
  return formatConninfo({ connect_timeout: String(limits.connectMs / 1000), ...rest });
}

/** Of a path in a mapping. */
function escape(path: string): string {
  return path.replaceAll('=', '\\=');
}

function ended(exitCode: number, said: readonly string[]): RepmgrError {
  const errors = said.filter((line) => /error|fatal|could not/i.test(line));
  const lines = errors.length > 0 ? errors : said;
  const text = lines.slice(-5).join('\n');
  return failure('base_backup_failed', {
    message: `pg_basebackup failed with exit code ${exitCode}`,
    detail: text === '' ? undefined : redactConninfo(text),
    hint: /No space left/.test(text)
      ? 'Make room on this host, then clone again.'
      : 'Look into the log of the source server too, then clone again.',
  });
}

function stalled(): RepmgrError {
  return failure('base_backup_failed', {
    message: 'the source does not send the base backup any further',
    detail: `Nothing came for ${limits.baseBackupSilenceMs / 1000} s; pg_basebackup was ended.`,
    hint: 'Look whether the source server and its disks still work, then clone again.',
  });
}
