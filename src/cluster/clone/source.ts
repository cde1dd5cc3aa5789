/** Looks at the server that is to be copied: its settings, its tablespaces, its size, who may replicate from it. */
import { RepmgrError } from '../../errors.ts';
import { type Conninfo, mergeConninfo } from '../../model/conninfo.ts';
import type { Connection } from '../../postgres/connection.ts';
import { replicationSlotName } from '../../model/node.ts';
import { attemptFailureOf } from '../../postgres/connection-failure.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { readSettings } from '../../postgres/queries/server.ts';
import { readTablespaces, type TablespaceSize } from '../../postgres/queries/tablespaces.ts';
import {
  openReplicationConnection,
  type ReplicationConnection,
  type SystemIdentity,
} from '../../postgres/replication-connection.ts';
import { listSettledSlots, listSlots, type ReplicationSlot } from '../../postgres/replication-slots.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import type { CloneWish } from './wish.ts';

/** Which server it is. */
export interface SourceServer {
  readonly version: ServerVersion;
  readonly host: string;
  readonly port: number;
  /** The settings of the connection that was opened, without its password. */
  readonly conninfo: Conninfo;
  readonly isInRecovery: boolean;
  /** Start time and port; tells whether another connection leads to the same server. */
  readonly instance: string;
}

export interface SourceFacts extends SourceServer {
  /** What the role may see of `settingNames`. */
  readonly settings: Readonly<Record<string, string>>;
  /** The main data directory is the one without a location. */
  readonly tablespaces: readonly TablespaceSize[];
  readonly replication: ReplicationFacts;
  /** Undefined before PostgreSQL 9.4. */
  readonly slots: readonly ReplicationSlot[] | undefined;
}

export interface ReplicationFacts {
  /** Undefined where no replication connection came about. */
  readonly identity: SystemIdentity | undefined;
  /** Why none came about, other than for want of WAL senders. */
  readonly refusal: RepmgrError | undefined;
  /** How many replication connections could be had at once, of the two that a copy needs at most. */
  readonly freeWalSenders: 0 | 1 | 2;
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
  'log_directory',
  'max_replication_slots',
  'max_wal_senders',
  'port',
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

/** @throws RepmgrError of querying */
export async function inspectServer(connection: Connection, signal: AbortSignal): Promise<SourceServer> {
  const { version, host, port, conninfo } = connection;
  return { version, host, port, conninfo, ...(await recoveryState(connection, { signal })) };
}

/**
 * @param connection to the source
 * @throws RepmgrError of connecting and querying
 */
export async function inspectSource(
  connection: Connection,
  server: SourceServer,
  wish: CloneWish,
  signal: AbortSignal,
): Promise<SourceFacts> {
  const [replication, settings, tablespaces, slots] = await Promise.all([
    inspectReplication(replicationConninfo(wish), signal),
    readSettings(connection, settingNames),
    readTablespaces(connection),
    inspectSlots(connection, wish, signal),
  ]);
  return { ...server, replication, settings, tablespaces, slots };
}

/** @returns undefined before PostgreSQL 9.4, which has none */
export async function inspectSlots(
  connection: Connection,
  { node, usesSlot }: CloneWish,
  signal: AbortSignal,
): Promise<readonly ReplicationSlot[] | undefined> {
  if (!connection.version.capabilities.hasReplicationSlots) return undefined;
  if (node === undefined || !usesSlot) return await listSlots(connection);
  return await listSettledSlots(connection, replicationSlotName(node.id), signal);
}

/** Opens as many replication connections as a copy may need, and closes them again. */
async function inspectReplication(conninfo: Conninfo, signal: AbortSignal): Promise<ReplicationFacts> {
  const tries = await Promise.all([openOrRefusal(conninfo, signal), openOrRefusal(conninfo, signal)]);
  const open = tries.flatMap((tried) => (tried instanceof RepmgrError ? [] : [tried]));
  try {
    const identity = await open[0]?.identifySystem();
    const refusals = tries.filter((tried) => tried instanceof RepmgrError);
    const refusal = open.length > 0 ? undefined : refusals.find((error) => !isForWantOfWalSenders(error));
    return { identity, refusal, freeWalSenders: open.length as 0 | 1 | 2 };
  } finally {
    await Promise.all(open.map((connection) => connection.close()));
  }
}

async function openOrRefusal(
  conninfo: Conninfo,
  signal: AbortSignal,
): Promise<ReplicationConnection | RepmgrError> {
  try {
    return await openReplicationConnection(conninfo, { signal });
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    return error;
  }
}

/** SQLSTATE too_many_connections */
function isForWantOfWalSenders(error: RepmgrError): boolean {
  return attemptFailureOf(error)?.code === '53300';
}
