/** What one server says of itself: its role, its WAL positions, who streams from it. One statement a function. */
import { type Lsn, parseLsn } from '../../model/lsn.ts';
import { type TimelineId, toTimelineId } from '../../model/timeline.ts';
import type { Connection, QueryOptions } from '../connection.ts';

export interface WalPositions {
  readonly isInRecovery: boolean;
  /** Of a primary: the end of what was written. */
  readonly currentLsn: Lsn | undefined;
  /** Of a primary: the end of what is on disk (what was written, before 9.6). */
  readonly flushedLsn: Lsn | undefined;
  /** Of a standby: the end of what was streamed to disk; undefined where nothing was since its start. */
  readonly receivedLsn: Lsn | undefined;
  /** Of a standby: the end of what queries see. */
  readonly replayedLsn: Lsn | undefined;
}

/** A row of pg_stat_replication. */
export interface ReplicationSender {
  readonly pid: number;
  readonly applicationName: string;
  readonly userName: string | undefined;
  /** Undefined for a unix socket. */
  readonly clientAddress: string | undefined;
  /** `startup`, `catchup`, `streaming`, `backup` or `stopping`; undefined where the role may not see it. */
  readonly state: string | undefined;
  readonly sentLsn: Lsn | undefined;
  readonly flushedLsn: Lsn | undefined;
  readonly replayedLsn: Lsn | undefined;
  /** `async`, `potential`, `sync` or `quorum`. */
  readonly syncState: string | undefined;
}

/** The row of pg_stat_wal_receiver. */
export interface WalReceiver {
  readonly pid: number;
  readonly status: string | undefined;
  readonly receivedTimeline: TimelineId | undefined;
  readonly flushedLsn: Lsn | undefined;
  readonly slotName: string | undefined;
  /** As the WAL receiver uses it; PostgreSQL has taken the password out. */
  readonly conninfo: string | undefined;
}

export async function isInRecovery(connection: Connection): Promise<boolean> {
  const [row] = await connection.query<{ is_in_recovery: boolean }>(
    'SELECT pg_catalog.pg_is_in_recovery() AS is_in_recovery',
  );
  return row?.is_in_recovery === true;
}

/** @returns the identifier that all servers of a cluster share; undefined before 9.6, where SQL does not show it */
export async function systemIdentifier(connection: Connection): Promise<string | undefined> {
  if (!connection.version.capabilities.hasControlFunctions) {
    return undefined;
  }
  const [row] = await connection.query<{ system_identifier: string }>(
    'SELECT system_identifier::text FROM pg_catalog.pg_control_system()',
  );
  return row?.system_identifier;
}

/**
 * The timeline that a server is on. A standby knows it surely while it streams; else the control file may lag behind
 * until the next restartpoint.
 * @returns undefined for a standby before 9.6; IDENTIFY_SYSTEM on a replication connection tells it there
 */
export async function currentTimeline(connection: Connection): Promise<TimelineId | undefined> {
  const { walNames, hasControlFunctions } = connection.version.capabilities;
  if (!(await isInRecovery(connection))) {
    const [row] = await connection.query<{ segment: string }>(
      `SELECT pg_catalog.${walNames.walfileName}(pg_catalog.${walNames.currentLsn}()) AS segment`,
    );
    return toTimelineId(Number.parseInt(row?.segment.slice(0, 8) ?? '', 16));
  }
  if (!hasControlFunctions) {
    return undefined;
  }
  const [row] = await connection.query<{ timeline: number }>(
    `SELECT greatest((SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),
                     (SELECT min_recovery_end_timeline FROM pg_catalog.pg_control_recovery()),
                     (SELECT received_tli FROM pg_catalog.pg_stat_wal_receiver)) AS timeline`,
  );
  return toTimelineId(row?.timeline ?? 0);
}

/**
 * Settings by name, as SHOW gives them; a name that this version does not have is absent.
 * @throws RepmgrError query_failed where the role may not see one of them
 */
export async function readSettings(
  connection: Connection,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const rows = await connection.query<{ name: string; setting: string }>(
    `SELECT name, pg_catalog.current_setting(name) AS setting
       FROM pg_catalog.pg_settings WHERE name = ANY ($1::text[])`,
    [names],
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

/**
 * The files that settings were read from.
 * @returns none where the role may not see them
 */
export async function settingSourceFiles(connection: Connection): Promise<string[]> {
  const rows = await connection.query<{ path: string }>(
    'SELECT DISTINCT sourcefile AS path FROM pg_catalog.pg_settings WHERE sourcefile IS NOT NULL ORDER BY 1',
  );
  return rows.map(({ path }) => path);
}

/** False where the server's command line sets synchronous_standby_names, which beats the files. */
export async function mayChangeSynchronousNames(connection: Connection): Promise<boolean> {
  const [row] = await connection.query<{ source: string }>(
    "SELECT source FROM pg_catalog.pg_settings WHERE name = 'synchronous_standby_names'",
  );
  return row?.source !== 'command line';
}

export async function walPositions(connection: Connection): Promise<WalPositions> {
  const { walNames } = connection.version.capabilities;
  const [row] = await connection.query<Record<string, string | boolean | null>>(
    `SELECT r.is_in_recovery,
            CASE WHEN NOT r.is_in_recovery THEN pg_catalog.${walNames.currentLsn}() END AS current_lsn,
            CASE WHEN NOT r.is_in_recovery THEN pg_catalog.${walNames.currentFlushLsn}() END AS flushed_lsn,
            CASE WHEN r.is_in_recovery THEN pg_catalog.${walNames.lastReceiveLsn}() END AS received_lsn,
            CASE WHEN r.is_in_recovery THEN pg_catalog.${walNames.lastReplayLsn}() END AS replayed_lsn
       FROM (SELECT pg_catalog.pg_is_in_recovery() AS is_in_recovery) AS r`,
  );
  return {
    isInRecovery: row?.['is_in_recovery'] === true,
    currentLsn: toLsn(row?.['current_lsn']),
    flushedLsn: toLsn(row?.['flushed_lsn']),
    receivedLsn: toLsn(row?.['received_lsn']),
    replayedLsn: toLsn(row?.['replayed_lsn']),
  };
}

/** Who streams from this server, ordered by name; details are hidden from roles without pg_read_all_stats. */
export async function replicationSenders(
  connection: Connection,
  options?: QueryOptions,
): Promise<ReplicationSender[]> {
  const { sentColumn, flushColumn, replayColumn } = connection.version.capabilities.walNames;
  const rows = await connection.query<{
    pid: number;
    application_name: string | null;
    usename: string | null;
    client_address: string | null;
    state: string | null;
    sent: string | null;
    flushed: string | null;
    replayed: string | null;
    sync_state: string | null;
  }>(
    `SELECT pid, application_name, usename::text, pg_catalog.host(client_addr) AS client_address, state,
            ${sentColumn} AS sent, ${flushColumn} AS flushed, ${replayColumn} AS replayed, sync_state
       FROM pg_catalog.pg_stat_replication ORDER BY application_name, pid`,
    [],
    options,
  );
  return rows.map((row) => ({
    pid: row.pid,
    applicationName: row.application_name ?? '',
    userName: row.usename ?? undefined,
    clientAddress: row.client_address ?? undefined,
    state: row.state ?? undefined,
    sentLsn: toLsn(row.sent),
    flushedLsn: toLsn(row.flushed),
    replayedLsn: toLsn(row.replayed),
    syncState: row.sync_state ?? undefined,
  }));
}

/** @returns undefined where no WAL receiver runs, and before 9.6, which has no view of it */
export async function walReceiver(
  connection: Connection,
  options?: QueryOptions,
): Promise<WalReceiver | undefined> {
  const { hasWalReceiverView, walReceiverFlushedColumn } = connection.version.capabilities;
  if (!hasWalReceiverView) {
    return undefined;
  }
  const [row] = await connection.query<{
    pid: number;
    status: string | null;
    received_tli: number | null;
    flushed: string | null;
    slot_name: string | null;
    conninfo: string | null;
  }>(
    `SELECT pid, status, received_tli, ${walReceiverFlushedColumn} AS flushed, slot_name, conninfo
       FROM pg_catalog.pg_stat_wal_receiver WHERE pid IS NOT NULL`,
    [],
    options,
  );
  return row === undefined
    ? undefined
    : {
        pid: row.pid,
        status: row.status ?? undefined,
        receivedTimeline: toTimelineId(row.received_tli ?? 0),
        flushedLsn: toLsn(row.flushed),
        slotName: row.slot_name ?? undefined,
        conninfo: row.conninfo ?? undefined,
      };
}

function toLsn(value: unknown): Lsn | undefined {
  return typeof value === 'string' ? parseLsn(value) : undefined;
}
