/**
 * The one place that compares versions of PostgreSQL. What differs between them has a name here; the rest of the
 * program asks for the capability, never for the number.
 */
import { failure } from '../errors.ts';
import { type WalNames, walNames, walNamesBefore10 } from './wal-names.ts';

export interface ServerVersion {
  /** As server_version_num has it: 150018 is 15.18, 90624 is 9.6.24. */
  readonly number: number;
  /** `15`, `9.6`. */
  readonly major: string;
  readonly capabilities: Capabilities;
}

/** Where pg_control has what moved between versions, in bytes from its beginning. */
export interface ControlFileLayout {
  /** The copy of the last checkpoint record; 11 dropped the position of the checkpoint before it. */
  readonly checkpointCopyOffset: number;
  /** Behind that copy, whose size grew in 9.5 and 12. */
  readonly minimumRecoveryOffset: number;
}

export interface Capabilities {
  /** Up to 11 a file of its own; from 12 on postgresql.auto.conf and standby.signal. */
  readonly recoverySettingsIn: 'recovery.conf' | 'auto.conf';
  /** 13+: a reload is enough for a new primary_conninfo, no restart. */
  readonly canReloadPrimaryConninfo: boolean;
  readonly walNames: WalNames;
  /** pg_promote(), 12+. */
  readonly hasPromoteFunction: boolean;
  /** A file makes a standby promote: trigger_file up to 11, promote_trigger_file up to 15, none later. */
  readonly promoteTriggerSetting: 'trigger_file' | 'promote_trigger_file' | undefined;
  /** pg_stat_wal_receiver, 9.6+. */
  readonly hasWalReceiverView: boolean;
  /** sender_host and sender_port in pg_stat_wal_receiver, 11+; before, only conninfo says who the upstream is. */
  readonly hasWalReceiverSender: boolean;
  /** The column of pg_stat_wal_receiver that holds the position on disk: flushed_lsn from 13 on. */
  readonly walReceiverFlushedColumn: 'flushed_lsn' | 'received_lsn';
  /** pg_control_system() and pg_control_checkpoint(), 9.6+. */
  readonly hasControlFunctions: boolean;
  readonly controlFileLayout: ControlFileLayout;
  /** pg_logical_emit_message(), 9.6+. */
  readonly hasLogicalMessages: boolean;
  /** The head of a WAL record as 9.5 and later write it. */
  readonly hasCurrentWalRecords: boolean;
  /** backend_type in pg_stat_activity, which lists PostgreSQL's own processes too, 10+. */
  readonly hasBackendType: boolean;
  /** Lag columns of pg_stat_replication, 10+. */
  readonly hasReplicationLagColumns: boolean;
  /** How a backup is begun and ended by SQL. */
  readonly backupApi: 'exclusive' | 'start_stop' | 'backup_start';
  /** pg_stop_backup() need not wait until its WAL is archived, 10+. */
  readonly canStopBackupBeforeArchiving: boolean;
  /** BASE_BACKUP sends a manifest of checksums, 13+. */
  readonly hasBackupManifest: boolean;
  /** Options of BASE_BACKUP: a list of words, or in parentheses, with one copy stream for all, from 15 on. */
  readonly baseBackupSyntax: 'words' | 'options';
  /** Incremental base backups and WAL summaries, 17+. */
  readonly hasIncrementalBackup: boolean;
  /** How WAL is kept for standbys without slots: segments up to 12, megabytes from 13 on. */
  readonly walKeepSetting: 'wal_keep_segments' | 'wal_keep_size';
  /** wal_level values that physical replication accepts, the first one being what to recommend. */
  readonly walLevelsForReplication: readonly string[];
  /** 17+: slot synchronization connects to this database of the upstream. */
  readonly needsDbnameInPrimaryConninfo: boolean;
  /** sync_replication_slots and failover slots, 17+. */
  readonly canSynchronizeSlots: boolean;
  readonly hasReplicationSlots: boolean;
  /** The type pg_lsn, 9.4+; before, positions are text. */
  readonly hasLsnType: boolean;
  /** pg_create_physical_replication_slot(name, true), 9.6+. */
  readonly canReserveSlotWal: boolean;
  /** wal_status and safe_wal_size in pg_replication_slots, 13+. */
  readonly hasSlotWalStatus: boolean;
  /** pg_ls_waldir(), which members of pg_monitor may call, 10+. */
  readonly hasWalDirectoryFunction: boolean;
  /** libpq of the server knows tcp_user_timeout, 12+. */
  readonly supportsTcpUserTimeout: boolean;
  /** libpq of the server knows passfile, 10+. */
  readonly supportsPassfile: boolean;
  /** Replication slots that end with their connection, 10+. */
  readonly hasTemporarySlots: boolean;
  /** How pg_basebackup calls its options: --wal-method and --waldir, before 10 --xlog-method and --xlogdir. */
  readonly backupOptionsSay: 'wal' | 'xlog';
  /** pg_basebackup --slot, 9.6+. */
  readonly hasBackupSlotOption: boolean;
  /** Tablespaces may be mapped by pg_basebackup -T, 9.4+. */
  readonly hasTablespaceMapping: boolean;
  /** ALTER SYSTEM, 9.4+. */
  readonly hasAlterSystem: boolean;
  /** pg_rewind ships with the server, 9.5+. */
  readonly hasRewind: boolean;
  /** The server tells in_hot_standby and default_transaction_read_only to each client, 14+. */
  readonly reportsHotStandby: boolean;
  /** pg_read_all_settings and other predefined roles, 10+. */
  readonly hasPredefinedRoles: boolean;
  /** pg_checkpoint, whose members may make a checkpoint, 15+. */
  readonly hasCheckpointRole: boolean;
  /** Passwords are stored for SCRAM-SHA-256 rather than md5, 10+. */
  readonly hasScram: boolean;
  /** synchronous_standby_names: `ANY 1 (a, b)` from 10 on, `1 (a, b)` in 9.6, before only `a, b`. */
  readonly synchronousNamesSyntax: 'any' | 'first' | 'list';
  /** pg_hba_file_rules, 10+. */
  readonly hasHostBasedRulesView: boolean;
  /** gen_random_uuid(), 13+. */
  readonly hasRandomUuids: boolean;
}

/** The servers of a cluster mostly have one version. */
const knownVersions = new Map<number, ServerVersion>();

/**
 * @param number server_version_num
 * @throws RepmgrError server_version_unsupported below 9.3
 */
export function serverVersion(number: number): ServerVersion {
  const known = knownVersions.get(number);
  if (known !== undefined) return known;
  if (!Number.isInteger(number) || number < 90_300) {
    throw failure('server_version_unsupported', {
      message: 'this version of PostgreSQL is not supported',
      detail: `The server reports version number ${number}; 9.3 (90300) is the oldest supported one.`,
      hint: 'Upgrade the server to a version from https://www.postgresql.org/support/versioning/.',
    });
  }
  const version = { number, major: majorOf(number), capabilities: capabilitiesOf(number) };
  knownVersions.set(number, version);
  return version;
}

/** Whether programs of version `program` can work with a server: pg_basebackup takes its own and older major versions. */
export function canServe(program: ServerVersion, server: ServerVersion): boolean {
  return program.number >= server.number || program.major === server.major;
}

/**
 * Reads what `SHOW server_version` and the start of a connection tell: `15.18 (Debian 15.18-1)`, `9.6.24`, `19beta1`.
 * @returns server_version_num, or undefined where the text begins with no version
 */
export function parseVersionText(text: string): number | undefined {
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
  if (match === null) {
    return undefined;
  }
  const [first, second, third] = [match[1], match[2], match[3]].map((part) => Number(part ?? 0));
  const major = first ?? 0;
  return major >= 10 ? major * 10_000 + (second ?? 0) : major * 10_000 + (second ?? 0) * 100 + (third ?? 0);
}

function majorOf(number: number): string {
  const major = Math.floor(number / 10_000);
  return number >= 100_000 ? String(major) : `${major}.${Math.floor(number / 100) % 100}`;
}

function capabilitiesOf(number: number): Capabilities {
  const isAtLeast = (major: string) => number >= (parseVersionText(major) ?? 0);
  return {
    recoverySettingsIn: isAtLeast('12') ? 'auto.conf' : 'recovery.conf',
    canReloadPrimaryConninfo: isAtLeast('13'),
    walNames: isAtLeast('10') ? walNames : walNamesBefore10,
    hasPromoteFunction: isAtLeast('12'),
    promoteTriggerSetting: promoteTriggerSetting(isAtLeast),
    hasWalReceiverView: isAtLeast('9.6'),
    hasWalReceiverSender: isAtLeast('11'),
    walReceiverFlushedColumn: isAtLeast('13') ? 'flushed_lsn' : 'received_lsn',
    hasControlFunctions: isAtLeast('9.6'),
    controlFileLayout: controlFileLayout(isAtLeast),
    hasLogicalMessages: isAtLeast('9.6'),
    hasCurrentWalRecords: isAtLeast('9.5'),
    hasBackendType: isAtLeast('10'),
    hasReplicationLagColumns: isAtLeast('10'),
    backupApi: isAtLeast('15') ? 'backup_start' : isAtLeast('9.6') ? 'start_stop' : 'exclusive',
    canStopBackupBeforeArchiving: isAtLeast('10'),
    hasBackupManifest: isAtLeast('13'),
    baseBackupSyntax: isAtLeast('15') ? 'options' : 'words',
    hasIncrementalBackup: isAtLeast('17'),
    walKeepSetting: isAtLeast('13') ? 'wal_keep_size' : 'wal_keep_segments',
    walLevelsForReplication: isAtLeast('9.6')
      ? ['replica', 'logical', 'archive', 'hot_standby']
      : ['hot_standby', 'logical'],
    needsDbnameInPrimaryConninfo: isAtLeast('17'),
    canSynchronizeSlots: isAtLeast('17'),
    hasReplicationSlots: isAtLeast('9.4'),
    hasLsnType: isAtLeast('9.4'),
    canReserveSlotWal: isAtLeast('9.6'),
    hasSlotWalStatus: isAtLeast('13'),
    hasWalDirectoryFunction: isAtLeast('10'),
    supportsTcpUserTimeout: isAtLeast('12'),
    supportsPassfile: isAtLeast('10'),
    hasTemporarySlots: isAtLeast('10'),
    backupOptionsSay: isAtLeast('10') ? 'wal' : 'xlog',
    hasBackupSlotOption: isAtLeast('9.6'),
    hasTablespaceMapping: isAtLeast('9.4'),
    hasAlterSystem: isAtLeast('9.4'),
    hasRewind: isAtLeast('9.5'),
    reportsHotStandby: isAtLeast('14'),
    hasPredefinedRoles: isAtLeast('10'),
    hasCheckpointRole: isAtLeast('15'),
    hasScram: isAtLeast('10'),
    synchronousNamesSyntax: isAtLeast('10') ? 'any' : isAtLeast('9.6') ? 'first' : 'list',
    hasHostBasedRulesView: isAtLeast('10'),
    hasRandomUuids: isAtLeast('13'),
  };
}

function controlFileLayout(isAtLeast: (major: string) => boolean): ControlFileLayout {
  const checkpointCopyOffset = isAtLeast('11') ? 40 : 48;
  const checkpointBytes = isAtLeast('12') ? 88 : isAtLeast('9.5') ? 80 : 72;
  // unloggedLSN, of 8 bytes, stands in between.
  return { checkpointCopyOffset, minimumRecoveryOffset: checkpointCopyOffset + checkpointBytes + 8 };
}

function promoteTriggerSetting(isAtLeast: (major: string) => boolean): Capabilities['promoteTriggerSetting'] {
  if (isAtLeast('16')) {
    return undefined;
  }
  return isAtLeast('12') ? 'promote_trigger_file' : 'trigger_file';
}
