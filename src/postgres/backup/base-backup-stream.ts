/**
 * The replication command BASE_BACKUP and the two forms of its answer: up to PostgreSQL 14 one COPY a tablespace, from
 * 15 on one COPY for all, in which the first byte of each message says what follows. Messages may come in pieces.
 * See https://www.postgresql.org/docs/current/protocol-replication.html#PROTOCOL-REPLICATION-BASE-BACKUP
 */
import type { ServerVersion } from '../version.ts';
import type { BackupWriter, Tablespace } from './backup-writer.ts';

export interface BaseBackupOptions {
  readonly label: string;
  /** An immediate checkpoint on the source instead of one that is spread over minutes. */
  readonly isCheckpointFast: boolean;
}

/** One row of a result set, by column name. */
export type ResultRow = Readonly<Record<string, string | null>>;

export interface BaseBackupStream {
  onResultSet(rows: readonly ResultRow[]): void;
  onCopyStart(): void;
  onCopyData(piece: Buffer, isStartOfMessage: boolean): void | Promise<void>;
  /** Ends the last archive and gives the manifest (13+). */
  end(): { readonly manifest: string | undefined };
}

/**
 * The command with WAL included: the WAL that the copy needs to become consistent is in its own stream, sent by the
 * server after the data files, which fails as a whole where a segment is gone.
 */
export function baseBackupCommand(version: ServerVersion, options: BaseBackupOptions): string {
  const { baseBackupSyntax, hasBackupManifest } = version.capabilities;
  const label = quoteLiteral(options.label);
  if (baseBackupSyntax === 'options') {
    const checkpoint = options.isCheckpointFast ? 'fast' : 'spread';
    return `BASE_BACKUP (LABEL ${label}, PROGRESS, CHECKPOINT '${checkpoint}', WAL, WAIT 0, MANIFEST 'yes', MANIFEST_CHECKSUMS 'CRC32C')`;
  }
  return [
    `BASE_BACKUP LABEL ${label} PROGRESS`,
    options.isCheckpointFast ? 'FAST' : '',
    'WAL NOWAIT',
    hasBackupManifest ? "MANIFEST 'yes' MANIFEST_CHECKSUMS 'CRC32C'" : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

export interface StreamHandlers {
  /** The source has made its checkpoint and says what it will send. */
  onTablespaces(sizes: {
    readonly totalBytes: number;
    readonly tablespaces: readonly SourceTablespace[];
  }): Tablespace[];
  createWriter(tablespaces: readonly Tablespace[]): BackupWriter;
  /** Bytes of the tar streams so far. */
  onProgress(receivedBytes: number): void;
}

export interface SourceTablespace {
  readonly oid: string;
  readonly location: string;
}

/** Understands the answer to BASE_BACKUP and hands the archives to the writer. */
export function createBaseBackupStream(version: ServerVersion, handlers: StreamHandlers): BaseBackupStream {
  const isTagged = version.capabilities.baseBackupSyntax === 'options';
  let resultSets = 0;
  let receivedBytes = 0;
  let order: readonly (Tablespace | undefined)[] = [];
  let archive = -1;
  let writer: BackupWriter | undefined;
  let isManifest = false;
  /** `n`: a new archive, `m`: the manifest, `d`: content of either, `p`: progress. */
  let messageKind = '';
  const manifest: Buffer[] = [];

  const startNext = (): void => {
    if (archive >= 0 && !isManifest) {
      writer?.endArchive();
    }
    archive += 1;
    isManifest = archive >= order.length;
    if (!isManifest) {
      writer?.startArchive(order[archive]);
    }
  };
  const take = (content: Buffer): void | Promise<void> => {
    if (isManifest) {
      manifest.push(Buffer.from(content));
      return undefined;
    }
    receivedBytes += content.length;
    handlers.onProgress(receivedBytes);
    return writer?.write(content);
  };
  const takeTagged = (piece: Buffer, isStartOfMessage: boolean): void | Promise<void> => {
    if (isStartOfMessage) {
      messageKind = String.fromCharCode(piece[0] ?? 0);
      if (!'nmdp'.includes(messageKind)) {
        throw new Error(`the source sent a message of the unknown kind ${piece[0]}`);
      }
      if (messageKind === 'n' || messageKind === 'm') startNext();
    }
    if (messageKind !== 'd') return undefined;
    return take(isStartOfMessage ? piece.subarray(1) : piece);
  };

  return {
    onResultSet: (rows) => {
      resultSets += 1;
      if (resultSets === 2) {
        const tablespaces = handlers.onTablespaces(readTablespaces(rows));
        writer = handlers.createWriter(tablespaces);
        order = rows.map(({ spcoid }) => tablespaces.find((tablespace) => tablespace.oid === spcoid));
      }
    },
    onCopyStart: () => {
      if (!isTagged) {
        startNext();
      }
    },
    onCopyData: (piece, isStartOfMessage) => (isTagged ? takeTagged(piece, isStartOfMessage) : take(piece)),
    end: () => {
      if (archive < order.length - 1 || order.length === 0) {
        throw new Error('the source ended the base backup before it had sent everything');
      }
      if (!isManifest) {
        writer?.endArchive();
      }
      return { manifest: manifest.length === 0 ? undefined : Buffer.concat(manifest).toString('utf8') };
    },
  };
}

/** Sizes come in kB; the main data directory is the row without an oid. */
function readTablespaces(rows: readonly ResultRow[]): {
  totalBytes: number;
  tablespaces: SourceTablespace[];
} {
  return {
    totalBytes: rows.reduce((sum, row) => sum + Number(row['size'] ?? 0) * 1024, 0),
    tablespaces: rows.flatMap(({ spcoid, spclocation }) =>
      typeof spcoid === 'string' && typeof spclocation === 'string'
        ? [{ oid: spcoid, location: spclocation }]
        : [],
    ),
  };
}

function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
