/** The recovery settings with which the local server follows another one. Pure. */
import { type Conninfo, mergeConninfo, parseConninfo } from '../../model/conninfo.ts';
import { replicationSlotName } from '../../model/node.ts';
import { primaryConninfo } from '../../postgres/primary-conninfo.ts';
import type { RecoverySettings } from '../../postgres/recovery-config.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import type { FollowWish } from './wish.ts';

type CurrentSettings = Readonly<Record<string, string>> | undefined;

/** How this node proves who it is, whichever server it connects to. */
const credentials = ['password', 'passfile', 'sslcert', 'sslkey', 'sslpassword', 'sslrootcert'];

/**
 * primary_conninfo for the upstream's registered conninfo. Credentials of the one in use are kept where nothing
 * replaces them, as long as the role is the same.
 * @param upstream the conninfo in the upstream's row
 */
export function followConninfo(
  wish: Pick<FollowWish, 'node' | 'replication'>,
  upstream: Conninfo,
  { version, settings }: { readonly version: ServerVersion; readonly settings: CurrentSettings },
): string {
  const { node, replication } = wish;
  const { user: ownUser } = node.conninfo;
  const reached = mergeConninfo(ownUser === undefined ? {} : { user: ownUser }, upstream);
  const user = replication.extras?.['user'] ?? replication.user ?? reached['user'];
  const { password } = replication;
  return primaryConninfo({
    upstream: withGapsFilled(
      reached,
      mergeConninfo(credentialsInUse(settings, user), password === undefined ? undefined : { password }),
    ),
    applicationName: streamingName(wish),
    version,
    replicationUser: replication.user,
    extras: replication.extras,
    passfile: replication.passfile,
    withoutPassword: replication.withoutPassword,
  });
}

/** What the upstream lists this standby as. */
export function streamingName({ node }: Pick<FollowWish, 'node'>): string {
  return node.conninfo['application_name'] ?? node.name;
}

/** What is not wished otherwise stays as it stands in the file. */
export function followSettings(wish: FollowWish, conninfo: string): RecoverySettings {
  const { minApplyDelay, restoreCommand, archiveCleanupCommand } = wish.recovery;
  const wished = {
    recovery_min_apply_delay: minApplyDelay,
    restore_command: restoreCommand,
    archive_cleanup_command: archiveCleanupCommand,
  };
  return {
    primary_conninfo: conninfo,
    primary_slot_name: wish.usesSlot ? replicationSlotName(wish.node.id) : undefined,
    recovery_target_timeline: 'latest',
    ...Object.fromEntries(Object.entries(wished).filter(([, value]) => value !== undefined)),
  };
}

/** The same settings with the values that stand in the file now, to put them back. */
export function settingsBefore(changed: RecoverySettings, current: CurrentSettings): RecoverySettings {
  return Object.fromEntries(Object.keys(changed).map((name) => [name, current?.[name]]));
}

function withGapsFilled(conninfo: Conninfo, further: Conninfo): Conninfo {
  return mergeConninfo(conninfo, further, conninfo);
}

function credentialsInUse(settings: CurrentSettings, user: string | undefined): Conninfo {
  const parsed = parseConninfo(settings?.['primary_conninfo'] ?? '');
  if (parsed.kind === 'invalid' || parsed.conninfo['user'] !== user) return {};
  return Object.fromEntries(Object.entries(parsed.conninfo).filter(([name]) => credentials.includes(name)));
}
