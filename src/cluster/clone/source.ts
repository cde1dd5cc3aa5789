/** Looks at the server that is to be copied: its settings, its tablespaces, its size, who may replicate from it. */
import { type Conninfo, mergeConninfo } from '../../model/conninfo.ts';
import type { Connection } from '../../postgres/connection.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { readSettings } from '../../postgres/queries/server.ts';
import { readTablespaces, type TablespaceSize } from '../../postgres/queries/tablespaces.ts';
import { openReplicationConnection, type SystemIdentity } from '../../postgres/replication-connection.ts';
import { listSlots, type ReplicationSlot } from '../../postgres/replication-slots.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import type { CloneWish } from './wish.ts';

export interface SourceFacts {
  readonly version: ServerVersion;
  readonly host: string;
  readonly port: number;
  /** The settings of the connection that was opened, without its password. */
  readonly conninfo: Conninfo;
  readonly identity: SystemIdentity;
  readonly isInRecovery: boolean;
  /** Start time and port; tells whether another connection leads to the same server. */
  readonly instance: string;
  /** What the role may see of `settingNames`. */
  readonly settings: Readonly<Record<string, string>>;
  /** The main data directory is the one without a location. */
  readonly tablespaces: readonly TablespaceSize[];
  /** Undefined before PostgreSQL 9.4. */
  readonly slots: readonly ReplicationSlot[] | undefined;
}

const settingNames = [
  'archive_command',
  'archive_library',
  'archive_mode',
  'config_file',
  'data_directory',
  'hba_file',
  'hot_standby',
  'ident_file',
  'max_replication_slots',
  'max_wal_senders',
  'wal_keep_segments',
  'wal_keep_size',
  'wal_level',
  'wal_segment_size',
];

/** The conninfo with which the copy is made, and which the WAL receiver would use for the same server. */
export function replicationConninfo({ source, replication }: CloneWish): Conninfo {
  return mergeConninfo(
    source,
    replication.user === undefined ? undefined : { user: replication.user },
    replication.passfile === undefined ? undefined : { passfile: replication.passfile },
    replication.extras,
  );
}

/**
 * @param connection to the source
 * @throws RepmgrError of connecting and querying
 */
export async function inspectSource(
  connection: Connection,
  wish: CloneWish,
  signal: AbortSignal,
): Promise<SourceFacts> {
  const state = await recoveryState(connection, { signal });
  const replication = await openReplicationConnection(replicationConninfo(wish), { signal });
  try {
    return {
      version: connection.version,
      host: connection.host,
      port: connection.port,
      conninfo: connection.conninfo,
      identity: await replication.identifySystem(),
      isInRecovery: state.isInRecovery,
      instance: state.instance,
      settings: await readSettings(connection, settingNames),
      tablespaces: await readTablespaces(connection),
      slots: connection.version.capabilities.hasReplicationSlots ? await listSlots(connection) : undefined,
    };
  } finally {
    await replication.close();
  }
}
