/** Which way the copy is made: by pg_basebackup where there is a fitting one, else by our own client; by rsync if asked. Pure. */
import { failure, type RepmgrError } from '../../errors.ts';
import type { BackupWal } from '../../postgres/backup/pg-basebackup.ts';
import type { BackupOptions } from '../../postgres/backup/pg-basebackup-options.ts';
import type { InstalledProgram } from '../../postgres/program-version.ts';
import { canServe } from '../../postgres/version.ts';
import type { CloneFacts } from './inspect.ts';
import { hasFreeSlot, noFreeSlot, refuseUnkeptWal } from './kept-wal.ts';
import { planRsync, type PlannedRsync } from './plan-rsync.ts';
import type { PlannedSlot } from './plan-slot.ts';
import type { Remark } from './remark.ts';
import type { SourceFacts } from './source.ts';
import type { CloneWish } from './wish.ts';

export type PlannedMethod =
  | PlannedRsync
  | { readonly name: 'protocol'; readonly usesTemporarySlot: boolean }
  | {
      readonly name: 'pg_basebackup';
      readonly program: InstalledProgram;
      readonly options: BackupOptions;
      readonly wal: BackupWal;
      /** Of --verify-backup; our own client compares while it copies. */
      readonly verifier: InstalledProgram | undefined;
    };

/** @throws RepmgrError command_missing, server_version_differs, clone_options_contradict, clone_source_unsuitable */
export function planMethod(
  facts: CloneFacts,
  wish: CloneWish,
  slot: PlannedSlot | undefined,
): { readonly method: PlannedMethod; readonly remarks: readonly Remark[] } {
  if (wish.copy.method === 'rsync') return planRsync(facts, slot);
  const reason = reasonAgainstProgram(facts, wish);
  if (wish.copy.method === 'pg_basebackup' && reason !== undefined) throw reason;
  if (wish.copy.method !== 'protocol' && reason === undefined) return byProgram(facts, wish, slot);
  const byProtocol = planProtocol(facts, slot);
  if (reason === undefined || wish.copy.method === 'protocol') return byProtocol;
  const remark: Remark = {
    level: 'notice',
    message: `the copy is made by the protocol, since ${reason.message}`,
    detail: reason.detail,
  };
  return { ...byProtocol, remarks: [remark, ...byProtocol.remarks] };
}

function byProgram(facts: CloneFacts, wish: CloneWish, slot: PlannedSlot | undefined) {
  const { pgBasebackup: program } = facts.programs;
  if (program === undefined) throw programMissing(wish);
  const { options } = program;
  const isWalStreamed = options.walMethod === undefined || options.walMethod === 'stream';
  if (!isWalStreamed && slot === undefined && wish.recovery.restoreCommand === undefined) {
    refuseUnkeptWal(facts, unkeptWal);
  }
  refuseTooFewWalSenders(facts, isWalStreamed ? 2 : 1);
  const { wal, remarks } = isWalStreamed
    ? planWal(facts, program, slot)
    : { wal: { kind: 'as the user says' } as const, remarks: [] };
  const translated = options.translations.map(
    (text): Remark => ({ level: 'notice', message: `pg_basebackup_options: since PostgreSQL 10 ${text}` }),
  );
  const verifier = wish.copy.isVerified ? facts.programs.pgVerifybackup : undefined;
  const method: PlannedMethod = { name: 'pg_basebackup', program, options, wal, verifier };
  return { method, remarks: [...translated, ...remarks] };
}

const unkeptWal = {
  reason: 'pg_basebackup_options do not stream WAL',
  missing: 'neither a slot nor a restore_command',
  hint: 'Set use_replication_slots=1 or restore_command in repmgr.conf, or leave the WAL method out of pg_basebackup_options.',
};

function planWal(
  facts: CloneFacts,
  { options, version }: NonNullable<CloneFacts['programs']['pgBasebackup']>,
  slot: PlannedSlot | undefined,
): { readonly wal: BackupWal; readonly remarks: readonly Remark[] } {
  const { hasBackupSlotOption, hasTemporarySlots } = version.capabilities;
  if (options.saysSlot) return { wal: { kind: 'stream' }, remarks: [] };
  if (slot?.isOnSource === true && hasBackupSlotOption) {
    return { wal: { kind: 'slot', name: slot.name }, remarks: [] };
  }
  if (!hasTemporarySlots || hasFreeSlot(facts)) return { wal: { kind: 'stream' }, remarks: [] };
  return { wal: { kind: 'stream without slot' }, remarks: [noFreeSlot(facts)] };
}

function planProtocol(facts: CloneFacts, slot: PlannedSlot | undefined) {
  const { source } = facts;
  if (!source.version.capabilities.hasTemporarySlots) {
    throw failure('clone_source_unsuitable', {
      message: `PostgreSQL ${source.version.major} cannot be cloned with the protocol method`,
      detail: 'It needs replication slots that end with their connection, which PostgreSQL 10 brought.',
      hint: 'Install pg_basebackup here, name its directory with pg_bindir, and clone with --backup-method=pg_basebackup.',
    });
  }
  refuseTooFewWalSenders(facts, 1);
  // One that was there before need not hold any WAL.
  const isKept = slot?.isOnSource === true && slot.isNew;
  const usesTemporarySlot = !isKept && hasFreeSlot(facts);
  const method: PlannedMethod = { name: 'protocol', usesTemporarySlot };
  return { method, remarks: isKept || usesTemporarySlot ? [] : [noFreeSlot(facts)] };
}

function reasonAgainstProgram({ programs, source }: CloneFacts, wish: CloneWish): RepmgrError | undefined {
  const { pgBasebackup, pgVerifybackup } = programs;
  if (pgBasebackup === undefined) return programMissing(wish);
  if (canServe(pgBasebackup.version, source.version)) {
    return wish.copy.isVerified ? reasonAgainstVerifying(pgBasebackup.options, pgVerifybackup) : undefined;
  }
  return failure('server_version_differs', {
    message: 'the pg_basebackup of this host is older than the source',
    detail: `"${pgBasebackup.file}" is of PostgreSQL ${pgBasebackup.version.major}, the source of ${source.version.major}.`,
    hint: `Name the directory of the programs of PostgreSQL ${source.version.major} with pg_bindir, or clone with --backup-method=protocol.`,
  });
}

function reasonAgainstVerifying(
  { makesManifest }: BackupOptions,
  pgVerifybackup: InstalledProgram | undefined,
): RepmgrError | undefined {
  if (!makesManifest) {
    throw failure('clone_options_contradict', {
      message: '--verify-backup needs the manifest that pg_basebackup_options leave out',
      detail: 'They hold --no-manifest.',
      hint: 'Leave one of the two out.',
    });
  }
  if (pgVerifybackup !== undefined) return undefined;
  return failure('command_missing', {
    message: 'pg_verifybackup was not found on this host',
    detail: '--verify-backup needs it for a copy by pg_basebackup, from the same directory.',
    hint: 'Install it, correct pg_bindir, or clone with --backup-method=protocol, which always compares with the manifest.',
  });
}

function programMissing({ copy }: CloneWish): RepmgrError {
  return failure('command_missing', {
    message: 'pg_basebackup was not found on this host',
    detail:
      copy.programDirectory === undefined
        ? 'No directory in PATH has it, and pg_bindir is not set.'
        : `There is none in "${copy.programDirectory}", the directory of pg_bindir.`,
    hint: 'Install it, correct pg_bindir, or clone with --backup-method=protocol, which needs no program.',
  });
}

function refuseTooFewWalSenders({ source }: CloneFacts, needed: 1 | 2): void {
  const refusal = lackOfWalSenders(source, needed);
  if (refusal !== undefined) throw refusal;
}

/** @param needed replication connections at once: 2 where WAL is streamed beside the copy */
export function lackOfWalSenders(source: SourceFacts, needed: 1 | 2): RepmgrError | undefined {
  const { freeWalSenders } = source.replication;
  if (freeWalSenders >= needed) return undefined;
  const maximum = source.settings['max_wal_senders'] ?? 'not known';
  return failure('clone_source_unsuitable', {
    message: 'the source has too few free WAL senders',
    detail: `The copy needs ${needed}, and ${freeWalSenders} could be had; max_wal_senders is ${maximum} on ${source.host}:${source.port}.`,
    hint: `Raise max_wal_senders by at least ${needed - freeWalSenders} there and restart it, or end replication connections that nobody needs.`,
  });
}
