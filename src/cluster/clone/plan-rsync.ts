/** How a copy by rsync is made, or why it cannot be. Pure. */
import { failure, type RepmgrError } from '../../errors.ts';
import type { SshTarget } from '../../system/ssh-failure.ts';
import type { CloneFacts } from './inspect.ts';
import { hasFreeSlot, noFreeSlot, refuseUnkeptWal } from './kept-wal.ts';
import type { PlannedSlot } from './plan-slot.ts';
import type { Remark } from './remark.ts';
import type { RsyncFacts } from './source-host.ts';
import type { SourceFacts } from './source.ts';

export interface PlannedRsync {
  readonly name: 'rsync';
  readonly target: SshTarget;
  readonly sourceDirectory: string;
  /** Words for rsync. */
  readonly options: readonly string[];
  readonly usesTemporarySlot: boolean;
}

/** @throws RepmgrError clone_source_unsuitable, the first reason */
export function planRsync(
  facts: CloneFacts,
  slot: PlannedSlot | undefined,
): { readonly method: PlannedRsync; readonly remarks: readonly Remark[] } {
  const { source, sourceHost } = facts;
  const { rsync } = sourceHost ?? {};
  if (sourceHost === undefined || rsync === undefined) throw new Error('nobody looked at the source by SSH');
  const sourceDirectory = source.settings['data_directory'];
  if (sourceDirectory === undefined) throw hiddenDirectory(source);
  refuseUnusableBackup(source, rsync);
  refuseOtherHost(source, rsync, sourceHost.target);
  const { usesTemporarySlot, remarks } = keepWal(facts, slot);
  const translated = rsync.options.translations.map(
    (text): Remark => ({ level: 'notice', message: `rsync_options: since PostgreSQL 10 ${text}` }),
  );
  const { target } = sourceHost;
  const options = rsync.options.words;
  return {
    method: { name: 'rsync', target, sourceDirectory, options, usesTemporarySlot },
    remarks: [...translated, ...remarks],
  };
}

function keepWal(facts: CloneFacts, slot: PlannedSlot | undefined) {
  const { hasTemporarySlots, canReserveSlotWal } = facts.source.version.capabilities;
  // One that was there before need not hold any WAL.
  const isKept = slot?.isOnSource === true && slot.isNew && canReserveSlotWal;
  const usesTemporarySlot = !isKept && hasTemporarySlots && hasFreeSlot(facts);
  if (isKept || usesTemporarySlot) return { usesTemporarySlot, remarks: [] };
  if (hasTemporarySlots) return { usesTemporarySlot, remarks: [noFreeSlot(facts)] };
  refuseUnkeptWal(facts, {
    reason: `PostgreSQL ${facts.source.version.major} has no temporary slots`,
    missing: 'no new slot on the source that keeps it',
    hint: `Set ${facts.source.version.capabilities.walKeepSetting} on the source, at least as high as -w of repmgr 3, and reload it.`,
  });
  return { usesTemporarySlot, remarks: [] };
}

function refuseUnusableBackup(source: SourceFacts, { missingFunctions }: RsyncFacts): void {
  if (source.version.capabilities.backupApi === 'exclusive' && source.isInRecovery) {
    throw unsuitable(
      'a standby of this version cannot be copied by rsync',
      `PostgreSQL ${source.version.major} allows the backup that rsync needs on the primary only.`,
      'Name the primary with -h, or clone with --backup-method=pg_basebackup.',
    );
  }
  if (missingFunctions.length === 0) return;
  const role = source.conninfo['user'] ?? '';
  throw unsuitable(
    `role "${role}" may not make the backup that rsync needs`,
    `It may not call ${missingFunctions.join(' and ')} on ${source.host}:${source.port}.`,
    source.version.capabilities.backupApi === 'exclusive'
      ? `Connect as a superuser with -U, or there: ALTER ROLE "${role}" SUPERUSER;`
      : `As a superuser, in database "${source.conninfo['dbname'] ?? ''}": ${missingFunctions.map((name) => `GRANT EXECUTE ON FUNCTION ${name} TO "${role}";`).join(' ')}`,
  );
}

/** A name may lead to a proxy or to another host, for SSH or for PostgreSQL. */
function refuseOtherHost(source: SourceFacts, { postmasterPort, said }: RsyncFacts, target: SshTarget): void {
  const directory = source.settings['data_directory'] ?? '';
  const { port } = source.settings;
  if (postmasterPort === port) return;
  if (postmasterPort === undefined) {
    throw unsuitable(
      `the data directory of the source cannot be read on host "${target.host}" by SSH`,
      said === '' ? `"${directory}/postmaster.pid" says nothing there.` : said,
      `It must be the host that PostgreSQL runs on, and the login (-R USER) one that may read "${directory}": usually postgres.`,
    );
  }
  throw unsuitable(
    `the server in "${directory}" on host "${target.host}" is another one than the source`,
    `It listens on port ${postmasterPort}, the source on ${port}.`,
    'Name the host itself with -h, not a proxy in front of it.',
  );
}

function hiddenDirectory({ host, port, conninfo }: SourceFacts): RepmgrError {
  return unsuitable(
    'the source does not show its data directory to this role',
    `rsync has to know it, and ${host}:${port} does not show "data_directory".`,
    `On PostgreSQL 10 and later: GRANT pg_read_all_settings TO "${conninfo['user'] ?? ''}"; before, use a superuser.`,
  );
}

function unsuitable(message: string, detail: string, hint: string): RepmgrError {
  return failure('clone_source_unsuitable', { message, detail, hint });
}
