/** What repmgrd wants to know of its own server, twice a second: one short statement on a connection that stays open. */
import { type Lsn, parseLsn } from '../../model/lsn.ts';
import { type TimelineId, toTimelineId } from '../../model/timeline.ts';
import type { Connection, QueryOptions } from '../connection.ts';
import type { Capabilities } from '../version.ts';

export interface OwnStatus {
  readonly isInRecovery: boolean;
  /** Of a primary. */
  readonly timelineId: TimelineId | undefined;
  readonly flushedLsn: Lsn | undefined;
  /** Of a standby; undefined while nothing was streamed since its start. */
  readonly receivedLsn: Lsn | undefined;
  readonly replayedLsn: Lsn | undefined;
  readonly isReplayPaused: boolean;
  readonly hasReplayDelay: boolean;
  readonly receiver: OwnReceiver | undefined;
  readonly senders: readonly OwnSender[];
  /** Undefined where the role may not see it, or where it is no setting of the server (up to 11). */
  readonly primaryConninfo: string | undefined;
  readonly synchronousStandbyNames: string;
  readonly restartAfterCrash: string;
}

/** The WAL receiver; what the role may not see is undefined. */
export interface OwnReceiver {
  readonly isStreaming: boolean;
  readonly timelineId: TimelineId | undefined;
  readonly senderHost: string | undefined;
  readonly senderPort: number | undefined;
  readonly conninfo: string | undefined;
}

/** A walsender that streams to a standby. */
export interface OwnSender {
  readonly applicationName: string;
  readonly flushedLsn: Lsn | undefined;
  readonly syncPriority: number;
}

interface StatusRow {
  readonly is_in_recovery: boolean;
  readonly segment: string | null;
  readonly flushed_lsn: string | null;
  readonly received_lsn: string | null;
  readonly replayed_lsn: string | null;
  readonly is_replay_paused: boolean | null;
  readonly replay_delay: string | null;
  readonly receiver: ReceiverRow | null;
  readonly senders: readonly SenderRow[];
  readonly primary_conninfo: string | null;
  readonly synchronous_standby_names: string;
  readonly restart_after_crash: string;
}

interface ReceiverRow {
  readonly status: string | null;
  readonly received_tli: number | null;
  readonly conninfo: string | null;
  readonly sender_host?: string | null;
  readonly sender_port?: number | null;
}

interface SenderRow {
  readonly application_name: string | null;
  readonly flushed_lsn: string | null;
  readonly sync_priority: number | null;
}

/** @throws RepmgrError query_failed, query_timeout or connection_lost */
export async function ownStatus(connection: Connection, options?: QueryOptions): Promise<OwnStatus> {
  const [row] = await connection.query<StatusRow>(statement(connection.version.capabilities), [], options);
  if (row === undefined) throw new Error('a SELECT without FROM gave no row');
  return {
    isInRecovery: row.is_in_recovery,
    timelineId: row.segment === null ? undefined : toTimelineId(Number.parseInt(row.segment.slice(0, 8), 16)),
    flushedLsn: lsn(row.flushed_lsn),
    receivedLsn: lsn(row.received_lsn),
    replayedLsn: lsn(row.replayed_lsn),
    isReplayPaused: row.is_replay_paused === true,
    hasReplayDelay: row.replay_delay !== null && row.replay_delay !== '0',
    receiver: row.receiver === null ? undefined : receiverOf(row.receiver),
    senders: row.senders.map(({ application_name, flushed_lsn, sync_priority }) => ({
      applicationName: application_name ?? '',
      flushedLsn: lsn(flushed_lsn),
      syncPriority: sync_priority ?? 0,
    })),
    primaryConninfo: row.primary_conninfo ?? undefined,
    synchronousStandbyNames: row.synchronous_standby_names,
    restartAfterCrash: row.restart_after_crash,
  };
}

function receiverOf({ status, received_tli, conninfo, sender_host, sender_port }: ReceiverRow): OwnReceiver {
  return {
    isStreaming: status === 'streaming',
    timelineId: toTimelineId(received_tli ?? 0),
    senderHost: sender_host ?? undefined,
    senderPort: sender_port ?? undefined,
    conninfo: conninfo ?? undefined,
  };
}

/**
 * The functions behind pg_stat_replication and pg_stat_wal_receiver: the views cost a server twice as much. Columns are
 * computed in their order: the walsenders before the flushed LSN, so that this is none of before they took names over.
 */
function statement(capabilities: Capabilities): string {
  const names = capabilities.walNames;
  const isAutoConf = capabilities.recoverySettingsIn === 'auto.conf';
  return `
    SELECT recovery.is_in_recovery,
           CASE WHEN NOT is_in_recovery THEN ${names.walfileName}(${names.currentLsn}()) END AS segment,
           (SELECT coalesce(json_agg(sender), '[]')
              FROM (SELECT session.application_name, sender.${names.flushColumn}::text AS flushed_lsn,
                           sender.sync_priority
                      FROM pg_stat_get_wal_senders() AS sender, pg_stat_get_activity(sender.pid) AS session
                     WHERE sender.state IN ('catchup', 'streaming')
                   ) AS sender) AS senders,
           CASE WHEN NOT is_in_recovery THEN ${names.currentFlushLsn}()::text END AS flushed_lsn,
           CASE WHEN is_in_recovery THEN ${names.lastReceiveLsn}()::text END AS received_lsn,
           CASE WHEN is_in_recovery THEN ${names.lastReplayLsn}()::text END AS replayed_lsn,
           CASE WHEN is_in_recovery THEN ${names.isReplayPaused}() END AS is_replay_paused,
           ${isAutoConf ? "current_setting('recovery_min_apply_delay')" : 'NULL::text'} AS replay_delay,
           ${receiverColumn(capabilities)} AS receiver,
           ${isAutoConf ? maySeePrimaryConninfo : 'NULL::text'} AS primary_conninfo,
           current_setting('synchronous_standby_names') AS synchronous_standby_names,
           current_setting('restart_after_crash') AS restart_after_crash
      FROM (SELECT pg_is_in_recovery() AS is_in_recovery) AS recovery`;
}

const maySeePrimaryConninfo = `CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE')
                                    THEN current_setting('primary_conninfo') END`;

function receiverColumn(capabilities: Capabilities): string {
  if (!capabilities.hasWalReceiverView) return 'NULL::json';
  const sender = capabilities.hasWalReceiverSender ? ', sender_host, sender_port' : '';
  return `(SELECT row_to_json(receiver)
             FROM (SELECT status, received_tli, conninfo${sender}
                     FROM pg_stat_get_wal_receiver() WHERE pid IS NOT NULL) AS receiver)`;
}

function lsn(text: string | null): Lsn | undefined {
  return text === null ? undefined : parseLsn(text);
}
