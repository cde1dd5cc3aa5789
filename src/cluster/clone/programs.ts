/** What PostgreSQL's programs on this host are good for in a clone. */
import { type BackupOptions, readBackupOptions } from '../../postgres/backup/pg-basebackup-options.ts';
import { findProgram, type InstalledProgram } from '../../postgres/program-version.ts';
import { optionWords } from '../../system/shell.ts';
import type { CloneWish } from './wish.ts';

export interface ProgramFacts {
  readonly pgBasebackup: (InstalledProgram & { readonly options: BackupOptions }) | undefined;
  /** Looked for with --verify-backup only. */
  readonly pgVerifybackup: InstalledProgram | undefined;
  /** The server program in pg_bindir; undefined where none is, or no directory is named. */
  readonly postgres: InstalledProgram | undefined;
}

/** @throws RepmgrError clone_options_contradict or command_failed for pg_basebackup_options, interrupted */
export async function inspectPrograms({ copy }: CloneWish, signal: AbortSignal): Promise<ProgramFacts> {
  const { programDirectory, method } = copy;
  const isOfProgram = method !== 'protocol' && method !== 'rsync';
  const [program, pgVerifybackup, postgres, words] = await Promise.all([
    isOfProgram ? findProgram('pg_basebackup', programDirectory, signal) : undefined,
    copy.isVerified ? findProgram('pg_verifybackup', programDirectory, signal) : undefined,
    programDirectory === undefined ? undefined : findProgram('postgres', programDirectory, signal),
    isOfProgram ? optionWords(copy.pgBasebackupOptions) : [],
  ]);
  const pgBasebackup =
    program === undefined ? undefined : { ...program, options: readBackupOptions(words, program.version) };
  return { pgBasebackup, pgVerifybackup, postgres };
}
