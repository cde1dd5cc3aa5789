/** All that a look at a cluster wants to know of one server, in one round trip. */
import type { Lsn } from '../../model/lsn.ts';
import { parseLsn } from '../../model/lsn.ts';
import { type TimelineId, toTimelineId } from '../../model/timeline.ts';
import type { Connection, QueryOptions } from '../connection.ts';
import type { Capabilities } from '../version.ts';
import { isLogicalSlot, logicalSlotColumns, type LogicalSlotStatus } from './logical-slots.ts';

/** A row of pg_stat_wal_receiver: what the standby itself says of its upstream. */
export interface WalReceiverStatus {
  /** `streaming`, `starting`, `waiting`, `restarting` or `stopping`. */
  readonly status: string;
  /** As the WAL receiver uses it; PostgreSQL has blotted out the password. */
  readonly conninfo: string | undefined;
  readonly slotName: string | undefined;
  /** From PostgreSQL 11 on: the host that answered, of those in the conninfo. */
  readonly senderHost: string | undefined;
  readonly senderPort: number | undefined;
}

/** A row of pg_stat_replication: a follower as its upstream sees it. */
export interface WalSenderStatus {
  readonly applicationName: string;
  /** `startup`, `catchup`, `streaming`, `backup` or `stopping`. */
  readonly state: string;
}

/** A physical row of pg_replication_slots. */
export interface SlotStatus {
  readonly name: string;
  readonly isActive: boolean;
  /** Undefined: the slot has not reserved WAL yet, or has lost it. */
  readonly restartLsn: Lsn | undefined;
}

export interface ServerStatus {
  readonly isInRecovery: boolean;
  /** default_transaction_read_only: new sessions refuse writes unless they ask otherwise. */
  readonly isReadOnlyByDefault: boolean;
  readonly isReplayPaused: boolean;
  readonly timeline: TimelineId | undefined;
  /** Undefined before 9.6, where SQL does not show it. */
  readonly systemIdentifier: string | undefined;
  /** Of a primary. */
  readonly currentLsn: Lsn | undefined;
  /** Of a standby; undefined while nothing was streamed since its start. */
  readonly receivedLsn: Lsn | undefined;
  readonly replayedLsn: Lsn | undefined;
  /** Start time and port: two answers with the same are from one server. */
  readonly instance: string;
  /** `hidden`: before 9.6, or not shown to this user (pg_read_all_stats shows it). */
  readonly walReceiver: WalReceiverStatus | 'absent' | 'hidden';
  readonly walSenders: readonly WalSenderStatus[] | 'hidden';
  /** Undefined before 9.4, which has no slots. */
  readonly slots: readonly SlotStatus[] | undefined;
  /** Those that are not temporary. */
  readonly logicalSlots: readonly LogicalSlotStatus[];
}

interface StatusRow {
  readonly is_in_recovery: boolean;
  readonly is_read_only: boolean;
  readonly is_replay_paused: boolean | null;
  readonly segment: string | null;
  readonly checkpoint_timeline: number | null;
  readonly system_identifier: string | null;
  readonly current_lsn: string | null;
  readonly received_lsn: string | null;
  readonly replayed_lsn: string | null;
  readonly instance: string;
}

interface WalReceiverRow {
  readonly status: string | null;
  readonly received_tli: number | null;
  readonly conninfo: string | null;
  readonly slot_name: string | null;
  readonly sender_host?: string | null;
  readonly sender_port?: number | null;
}

interface WalSenderRow {
  readonly application_name: string | null;
  readonly state: string | null;
}

interface SlotRow extends LogicalSlotStatus {
  readonly slot_type: string;
  readonly active: boolean;
  readonly restart_lsn: string | null;
}

type StatusRows = readonly [
  readonly StatusRow[],
  readonly WalReceiverRow[],
  readonly WalSenderRow[],
  readonly SlotRow[],
];

/** @throws RepmgrError query_failed, query_timeout or connection_lost */
export async function serverStatus(connection: Connection, options?: QueryOptions): Promise<ServerStatus> {
  const { capabilities } = connection.version;
  const rows = await connection.queryEach<StatusRows>(statusStatements(capabilities), options);
  const [[row], [receiver], senders, slots] = rows;
  if (row === undefined) throw new Error('a SELECT without FROM gave no row');
  return {
    isInRecovery: row.is_in_recovery,
    isReadOnlyByDefault: row.is_read_only,
    isReplayPaused: row.is_replay_paused ?? false,
    timeline: timelineOf(row, receiver),
    systemIdentifier: row.system_identifier ?? undefined,
    currentLsn: lsn(row.current_lsn),
    receivedLsn: lsn(row.received_lsn),
    replayedLsn: lsn(row.replayed_lsn),
    instance: row.instance,
    walReceiver: capabilities.hasWalReceiverView ? walReceiver(receiver) : 'hidden',
    walSenders: senders.some(({ state }) => state === null)
      ? 'hidden'
      : senders.map(({ application_name, state }) => ({
          applicationName: application_name ?? '',
          state: state ?? '',
        })),
    slots: capabilities.hasReplicationSlots ? slots.filter(isPhysical).map(physicalSlot) : undefined,
    logicalSlots: slots
      .filter((slot) => !isPhysical(slot))
      .map(({ name, isFailover, isSynced, isLost }) => ({ name, isFailover, isSynced, isLost })),
  };
}

/**
 * The functions stand here in place of the views pg_stat_replication, pg_stat_wal_receiver and pg_replication_slots,
 * whose columns they give, and rows in place of JSON: both save a new session half of its work, which counts with
 * twenty nodes. See https://www.postgresql.org/docs/current/monitoring-stats.html
 */
function statusStatements(capabilities: Capabilities): readonly string[] {
  const { hasWalReceiverView, hasReplicationSlots } = capabilities;
  return [
    scalarsStatement(capabilities),
    hasWalReceiverView ? walReceiverStatement(capabilities) : nothing,
    `SELECT session.application_name, sender.state
       FROM pg_stat_get_wal_senders() AS sender, pg_stat_get_activity(sender.pid) AS session`,
    hasReplicationSlots ? slotsStatement(capabilities) : nothing,
  ];
}

const nothing = 'SELECT NULL WHERE false';

function scalarsStatement(capabilities: Capabilities): string {
  const names = capabilities.walNames;
  const control = capabilities.hasControlFunctions;
  return `
    SELECT recovery.is_in_recovery,
           current_setting('default_transaction_read_only')::boolean AS is_read_only,
           CASE WHEN is_in_recovery THEN ${names.isReplayPaused}() END AS is_replay_paused,
           CASE WHEN NOT is_in_recovery THEN ${names.walfileName}(${names.currentLsn}()) END AS segment,
           ${control ? '(SELECT timeline_id FROM pg_control_checkpoint())' : 'NULL::integer'} AS checkpoint_timeline,
           ${control ? '(SELECT system_identifier::text FROM pg_control_system())' : 'NULL::text'} AS system_identifier,
           CASE WHEN NOT is_in_recovery THEN ${names.currentLsn}()::text END AS current_lsn,
           CASE WHEN is_in_recovery THEN ${names.lastReceiveLsn}()::text END AS received_lsn,
           CASE WHEN is_in_recovery THEN ${names.lastReplayLsn}()::text END AS replayed_lsn,
           extract(epoch FROM pg_postmaster_start_time())::text || ' ' || current_setting('port') AS instance
      FROM (SELECT pg_is_in_recovery() AS is_in_recovery) AS recovery`;
}

function walReceiverStatement(capabilities: Capabilities): string {
  const sender = capabilities.hasWalReceiverSender ? ', sender_host, sender_port' : '';
  return `SELECT status, received_tli, conninfo, slot_name${sender}
            FROM pg_stat_get_wal_receiver() WHERE pid IS NOT NULL`;
}

function slotsStatement(capabilities: Capabilities): string {
  return `SELECT slot_type, active, restart_lsn, ${logicalSlotColumns(capabilities)}
            FROM pg_get_replication_slots()
           WHERE slot_type = 'physical' OR ${isLogicalSlot(capabilities)}
           ORDER BY slot_name`;
}

/** The control file's timeline lags until the next restartpoint; a WAL receiver knows better. */
function timelineOf(row: StatusRow, receiver: WalReceiverRow | undefined): TimelineId | undefined {
  if (row.segment !== null) return toTimelineId(Number.parseInt(row.segment.slice(0, 8), 16));
  return toTimelineId(Math.max(receiver?.received_tli ?? 0, row.checkpoint_timeline ?? 0));
}

function isPhysical({ slot_type }: SlotRow): boolean {
  return slot_type === 'physical';
}

function physicalSlot({ name, active, restart_lsn }: SlotRow): SlotStatus {
  return { name, isActive: active, restartLsn: lsn(restart_lsn) };
}

function walReceiver(row: WalReceiverRow | undefined): WalReceiverStatus | 'absent' | 'hidden' {
  if (row === undefined) return 'absent';
  if (row.status === null) return 'hidden';
  return {
    status: row.status,
    conninfo: row.conninfo ?? undefined,
    slotName: row.slot_name === '' ? undefined : (row.slot_name ?? undefined),
    senderHost: row.sender_host ?? undefined,
    senderPort: row.sender_port ?? undefined,
  };
}

function lsn(text: string | null): Lsn | undefined {
  return text === null ? undefined : parseLsn(text);
}
