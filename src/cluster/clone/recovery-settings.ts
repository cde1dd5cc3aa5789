/** The recovery settings of the new standby. Pure. */
import { type Conninfo, mergeConninfo } from '../../model/conninfo.ts';
import { primaryConninfo } from '../../postgres/primary-conninfo.ts';
import { type RecoverySettings, settingsOfTheSource } from '../../postgres/recovery-config.ts';
import type { SourceFacts } from './source.ts';
import type { UpstreamFacts } from './upstream.ts';
import type { CloneWish } from './wish.ts';

/** What a standby is called where no repmgr.conf gives it a name. */
const defaultApplicationName = 'repmgr';

/** Every setting of recovery, so that none of the source, or of a node that is replaced, stays. */
export function recoverySettings(
  wish: CloneWish,
  facts: { readonly source: SourceFacts; readonly upstream: UpstreamFacts },
  slotName: string | undefined,
): RecoverySettings {
  const { minApplyDelay, restoreCommand, archiveCleanupCommand } = wish.recovery;
  return {
    ...Object.fromEntries(settingsOfTheSource.map((name) => [name, undefined])),
    recovery_target_timeline: 'latest',
    primary_conninfo: wish.replication.primaryConninfo ?? conninfoOfUpstream(wish, facts),
    primary_slot_name: slotName,
    recovery_min_apply_delay: minApplyDelay,
    restore_command: restoreCommand,
    archive_cleanup_command: archiveCleanupCommand,
  };
}

function conninfoOfUpstream(
  wish: CloneWish,
  { source, upstream }: { readonly source: SourceFacts; readonly upstream: UpstreamFacts },
): string {
  const { replication, node } = wish;
  return primaryConninfo({
    upstream: withPassword(wish, upstreamConninfo(wish, source, upstream)),
    applicationName: node?.conninfo['application_name'] ?? node?.name ?? defaultApplicationName,
    version: source.version,
    replicationUser: replication.user,
    extras: replication.extras,
    passfile: replication.passfile,
    withoutPassword: replication.withoutPassword,
  });
}

/** A row need not name the role, which then is the one that copies. */
function upstreamConninfo(wish: CloneWish, source: SourceFacts, upstream: UpstreamFacts): Conninfo {
  const user = source.conninfo['user'];
  if (upstream.kind === 'node') return mergeConninfo(user === undefined ? {} : { user }, upstream.conninfo);
  const { password } = wish.source;
  return mergeConninfo(source.conninfo, password === undefined ? {} : { password });
}

function withPassword({ replication }: CloneWish, conninfo: Conninfo): Conninfo {
  const { password } = replication;
  return conninfo['password'] !== undefined || password === undefined ? conninfo : { ...conninfo, password };
}
