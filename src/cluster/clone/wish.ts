/** What a user wants of a clone: the command line laid over repmgr.conf, before anything was looked at. */
import type { TablespaceMapping } from '../../config/resolve.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import type { NodeId } from '../../model/node.ts';

export type BackupMethod = 'pg_basebackup' | 'protocol' | 'rsync';

/** Where configuration files from outside of the source's data directory go. */
export type ExternalFilesPlace = 'samepath' | 'pgdata';

/** The node that the clone becomes, as repmgr.conf describes it. */
export interface CloneNode {
  readonly id: NodeId;
  readonly name: string;
  readonly clusterName: string;
  /** How the others will reach it. */
  readonly conninfo: Conninfo;
}

export interface CloneWish {
  /** How the server to copy is reached. */
  readonly source: Conninfo;
  /** Undefined: the same path as on the source. */
  readonly dataDirectory: string | undefined;
  /** Undefined without a repmgr.conf: the clone then belongs to no cluster that we know. */
  readonly node: CloneNode | undefined;
  /** The new standby streams through the slot `repmgr_slot_ID`. */
  readonly usesSlot: boolean;
  /** The node to stream from; undefined: the primary. */
  readonly upstreamNodeId: NodeId | undefined;
  readonly copy: CopyWish;
  readonly sourceHost: SourceHostWish;
  readonly replication: ReplicationWish;
  readonly recovery: RecoveryWish;
  /** WAL segments of which the source keeps at least so many; undefined: as many as it likes. */
  readonly walKeepSegments: number | undefined;
  /** `--force`. */
  readonly mayReplace: boolean;
}

export interface CopyWish {
  /** Undefined: pg_basebackup where there is a fitting one, else the protocol. */
  readonly method: BackupMethod | undefined;
  /** Where PostgreSQL's programs are; undefined: in PATH. */
  readonly programDirectory: string | undefined;
  /** Words of `pg_basebackup_options`, as written. */
  readonly pgBasebackupOptions: string;
  readonly isCheckpointFast: boolean;
  /** `--verify-backup`. */
  readonly isVerified: boolean;
  readonly tablespaceMapping: readonly TablespaceMapping[];
}

/** About the host of the source, which rsync and external configuration files need to log in to. */
export interface SourceHostWish {
  /** Undefined: as ssh itself decides. */
  readonly user: string | undefined;
  /** Words of `ssh_options` and `rsync_options`, as written. */
  readonly sshOptions: string | undefined;
  readonly rsyncOptions: string | undefined;
  /** Undefined: they are not copied. */
  readonly externalFiles: ExternalFilesPlace | undefined;
}

/** About connections that replicate: the one that copies, and primary_conninfo. */
export interface ReplicationWish {
  /** Undefined: the user of the conninfo. */
  readonly user: string | undefined;
  /** Keywords that only these connections need: sslcert, sslkey, passfile, ... */
  readonly extras: Conninfo | undefined;
  readonly passfile: string | undefined;
  /** Written into primary_conninfo where the upstream's conninfo has none. */
  readonly password: string | undefined;
  /** Write no password into primary_conninfo. */
  readonly withoutPassword: boolean;
  /** primary_conninfo word for word. */
  readonly primaryConninfo: string | undefined;
}

/** Settings of PostgreSQL that are written as they are. */
export interface RecoveryWish {
  readonly minApplyDelay: string | undefined;
  readonly restoreCommand: string | undefined;
  readonly archiveCleanupCommand: string | undefined;
}
