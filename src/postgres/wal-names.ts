/** What functions, columns and directories of WAL are called: PostgreSQL 10 renamed all of them. */

export interface WalNames {
  readonly currentLsn: string;
  readonly currentFlushLsn: string;
  readonly lastReceiveLsn: string;
  readonly lastReplayLsn: string;
  readonly lsnDiff: string;
  readonly walfileName: string;
  readonly switchWal: string;
  readonly isReplayPaused: string;
  readonly replayPause: string;
  readonly replayResume: string;
  /** Columns of pg_stat_replication. */
  readonly sentColumn: string;
  readonly writeColumn: string;
  readonly flushColumn: string;
  readonly replayColumn: string;
  /** The directory below the data directory: pg_wal or pg_xlog. */
  readonly directory: string;
}

export const walNames: WalNames = {
  currentLsn: 'pg_current_wal_lsn',
  currentFlushLsn: 'pg_current_wal_flush_lsn',
  lastReceiveLsn: 'pg_last_wal_receive_lsn',
  lastReplayLsn: 'pg_last_wal_replay_lsn',
  lsnDiff: 'pg_wal_lsn_diff',
  walfileName: 'pg_walfile_name',
  switchWal: 'pg_switch_wal',
  isReplayPaused: 'pg_is_wal_replay_paused',
  replayPause: 'pg_wal_replay_pause',
  replayResume: 'pg_wal_replay_resume',
  sentColumn: 'sent_lsn',
  writeColumn: 'write_lsn',
  flushColumn: 'flush_lsn',
  replayColumn: 'replay_lsn',
  directory: 'pg_wal',
};

/** pg_current_xlog_flush_location() came with 9.6: before, the end of what was written stands for it. */
export const walNamesBefore10: WalNames = {
  currentLsn: 'pg_current_xlog_location',
  currentFlushLsn: 'pg_current_xlog_location',
  lastReceiveLsn: 'pg_last_xlog_receive_location',
  lastReplayLsn: 'pg_last_xlog_replay_location',
  lsnDiff: 'pg_xlog_location_diff',
  walfileName: 'pg_xlogfile_name',
  switchWal: 'pg_switch_xlog',
  isReplayPaused: 'pg_is_xlog_replay_paused',
  replayPause: 'pg_xlog_replay_pause',
  replayResume: 'pg_xlog_replay_resume',
  sentColumn: 'sent_location',
  writeColumn: 'write_location',
  flushColumn: 'flush_location',
  replayColumn: 'replay_location',
  directory: 'pg_xlog',
};
