/** All that a look at a cluster wants to know of one server, in one statement: one round trip a node. */
import type { Lsn } from '../../model/lsn.ts';
import { parseLsn } from '../../model/lsn.ts';
import type { TimelineId } from '../../model/timeline.ts';
import type { Connection, QueryOptions } from '../connection.ts';
import type { Capabilities } from '../version.ts';
import { type LogicalSlotStatus, logicalSlotsColumn } from './logical-slots.ts';

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
  readonly timeline: number | null;
  readonly system_identifier: string | null;
  readonly current_lsn: string | null;
  readonly received_lsn: string | null;
  readonly replayed_lsn: string | null;
  readonly instance: string;
  readonly wal_receiver: WalReceiverRow | null;
  readonly wal_senders: readonly { application_name: string | null; state: string | null }[];
  readonly slots: readonly { slot_name: string; active: boolean; restart_lsn: string | null }[] | null;
  readonly logical_slots: readonly LogicalSlotStatus[] | null;
}

interface WalReceiverRow {
  readonly status: string | null;
  readonly conninfo: string | null;
  readonly slot_name: string | null;
  readonly sender_host?: string | null;
  readonly sender_port?: number | null;
}

/** @throws RepmgrError query_failed, query_timeout or connection_lost */
export async function serverStatus(connection: Connection, options?: QueryOptions): Promise<ServerStatus> {
  const { capabilities } = connection.version;
  const [row] = await connection.query<StatusRow>(statusStatement(capabilities), [], options);
  if (row === undefined) throw new Error('a SELECT without FROM gave no row');
  return {
    isInRecovery: row.is_in_recovery,
    isReadOnlyByDefault: row.is_read_only,
    isReplayPaused: row.is_replay_paused ?? false,
    timeline: (row.timeline ?? undefined) as TimelineId | undefined,
    systemIdentifier: row.system_identifier ?? undefined,
    currentLsn: lsn(row.current_lsn),
    receivedLsn: lsn(row.received_lsn),
    replayedLsn: lsn(row.replayed_lsn),
    instance: row.instance,
    walReceiver: capabilities.hasWalReceiverView ? walReceiver(row.wal_receiver) : 'hidden',
    walSenders: row.wal_senders.some(({ state }) => state === null)
      ? 'hidden'
      : row.wal_senders.map(({ application_name, state }) => ({
          applicationName: application_name ?? '',
          state: state ?? '',
        })),
    slots: row.slots?.map(({ slot_name, active, restart_lsn }) => ({
      name: slot_name,
      isActive: active,
      restartLsn: lsn(restart_lsn),
    })),
    logicalSlots: row.logical_slots ?? [],
  };
}

/**
 * The functions stand here in place of the views pg_stat_replication, pg_stat_wal_receiver and pg_replication_slots,
 * whose columns they give: in a new session the views take a server twice as long, which counts with twenty nodes.
 * See https://www.postgresql.org/docs/current/monitoring-stats.html
 */
function statusStatement(capabilities: Capabilities): string {
  const names = capabilities.walNames;
  return `
    SELECT recovery.is_in_recovery,
           current_setting('default_transaction_read_only')::boolean AS is_read_only,
           CASE WHEN recovery.is_in_recovery THEN ${names.isReplayPaused}() END AS is_replay_paused,
           CASE WHEN recovery.is_in_recovery THEN ${standbyTimeline(capabilities)}
                ELSE ('x' || lpad(substr(${names.walfileName}(${names.currentLsn}()), 1, 8), 16, '0'))::bit(64)::bigint
           END::integer AS timeline,
           ${capabilities.hasControlFunctions ? '(SELECT system_identifier::text FROM pg_control_system())' : 'NULL::text'}
             AS system_identifier,
           CASE WHEN NOT recovery.is_in_recovery THEN ${names.currentLsn}()::text END AS current_lsn,
           CASE WHEN recovery.is_in_recovery THEN ${names.lastReceiveLsn}()::text END AS received_lsn,
           CASE WHEN recovery.is_in_recovery THEN ${names.lastReplayLsn}()::text END AS replayed_lsn,
           extract(epoch FROM pg_postmaster_start_time())::text || ' ' || current_setting('port') AS instance,
           ${walReceiverColumn(capabilities)} AS wal_receiver,
           (SELECT coalesce(json_agg(sender), '[]')
              FROM (SELECT session.application_name, sender.state
                      FROM pg_stat_get_wal_senders() AS sender, pg_stat_get_activity(sender.pid) AS session
                   ) AS sender) AS wal_senders,
           ${slotsColumn(capabilities)} AS slots,
           ${capabilities.hasReplicationSlots ? logicalSlotsColumn(capabilities) : 'NULL::json'} AS logical_slots
      FROM (SELECT pg_is_in_recovery() AS is_in_recovery) AS recovery`;
}

/** The control file's timeline lags until the next restartpoint; a WAL receiver knows better (9.6+). */
function standbyTimeline(capabilities: Capabilities): string {
  const known: string[] = [];
  if (capabilities.hasWalReceiverView) known.push('(SELECT received_tli FROM pg_stat_get_wal_receiver())');
  if (capabilities.hasControlFunctions) known.push('(SELECT timeline_id FROM pg_control_checkpoint())');
  return known.length === 0 ? 'NULL' : `greatest(${known.join(', ')})`;
}

function walReceiverColumn(capabilities: Capabilities): string {
  if (!capabilities.hasWalReceiverView) return 'NULL::json';
  const sender = capabilities.hasWalReceiverSender ? ', sender_host, sender_port' : '';
  return `(SELECT row_to_json(receiver)
             FROM (SELECT status, conninfo, slot_name${sender}
                     FROM pg_stat_get_wal_receiver() WHERE pid IS NOT NULL) AS receiver)`;
}

function slotsColumn(capabilities: Capabilities): string {
  if (!capabilities.hasReplicationSlots) return 'NULL::json';
  return `(SELECT coalesce(json_agg(slot), '[]')
             FROM (SELECT slot_name, active, restart_lsn::text AS restart_lsn
                     FROM pg_get_replication_slots() WHERE slot_type = 'physical') AS slot)`;
}

function walReceiver(row: WalReceiverRow | null): WalReceiverStatus | 'absent' | 'hidden' {
  if (row === null) return 'absent';
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
