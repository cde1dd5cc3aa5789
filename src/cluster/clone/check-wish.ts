/** Whether the source's version has what was asked for. Pure. */
import { failure } from '../../errors.ts';
import type { CloneFacts } from './inspect.ts';
import type { CloneWish } from './wish.ts';

/** @throws RepmgrError clone_options_contradict or server_version_differs */
export function refuseUnsupportedWish(facts: CloneFacts, wish: CloneWish): void {
  const { version } = facts.source;
  refuseTooOldSource(facts, wish);
  const isByRsync = wish.copy.method === 'rsync';
  if (facts.tablespaceTargets.size > 0 && !version.capabilities.hasTablespaceMapping && !isByRsync) {
    throw tooOld(version.major, 'pg_basebackup of tablespaces into other directories', '9.4');
  }
  if (wish.copy.isVerified && !version.capabilities.hasBackupManifest) {
    throw tooOld(version.major, 'the backup manifest that --verify-backup needs', '13');
  }
  if (wish.copy.isVerified && isByRsync) {
    throw failure('clone_options_contradict', {
      message: 'a copy by rsync has no manifest that --verify-backup could compare it with',
      detail: 'PostgreSQL sends one only with its own base backups.',
      hint: 'Leave one of the two out; rsync itself compares each file that it sends.',
    });
  }
  refuseUnknownMappings(facts, wish);
  refuseOtherServerProgram(facts);
}

/** @throws RepmgrError clone_options_contradict for settings that the version of the source does not know */
export function refuseTooOldSource({ source }: Pick<CloneFacts, 'source'>, wish: CloneWish): void {
  const { major, capabilities } = source.version;
  // recovery_min_apply_delay came with the slots.
  if (wish.recovery.minApplyDelay !== undefined && !capabilities.hasReplicationSlots) {
    throw tooOld(major, 'recovery_min_apply_delay', '9.4');
  }
  const passfile = wish.replication.passfile ?? wish.replication.extras?.['passfile'];
  if (passfile !== undefined && !capabilities.supportsPassfile) throw tooOld(major, 'passfile', '10');
}

function tooOld(major: string, what: string, since: string): Error {
  return failure('clone_options_contradict', {
    message: `the source does not have ${what}`,
    detail: `It came with PostgreSQL ${since}, and the source has ${major}.`,
    hint: 'Leave it out of the command line and of repmgr.conf.',
  });
}

function refuseUnknownMappings({ tablespaceTargets }: CloneFacts, { copy }: CloneWish): void {
  const unknown = copy.tablespaceMapping.find(({ from }) => !tablespaceTargets.has(from));
  if (unknown === undefined) return;
  const known = [...tablespaceTargets.keys()].map((location) => `"${location}"`);
  throw failure('clone_options_contradict', {
    message: `"${unknown.from}" of tablespace_mapping is no tablespace of the source`,
    detail:
      known.length === 0
        ? 'The source has no tablespaces outside of its data directory.'
        : `Its tablespaces lie in ${known.join(', ')}.`,
    hint: 'Correct tablespace_mapping in repmgr.conf; paths are compared as the source writes them.',
  });
}

function refuseOtherServerProgram({ source, programs }: CloneFacts): void {
  const { postgres } = programs;
  if (postgres === undefined || postgres.version.major === source.version.major) return;
  throw failure('server_version_differs', {
    message: 'the PostgreSQL of this host has another major version than the source',
    detail: `"${postgres.file}" is of version ${postgres.version.major}, the source of ${source.version.major}: it could not start the clone.`,
    hint: `Install PostgreSQL ${source.version.major} here, and name its directory with pg_bindir in repmgr.conf.`,
  });
}
