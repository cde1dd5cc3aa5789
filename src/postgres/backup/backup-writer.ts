/**
 * Puts the files of a base backup's tar streams into the data directory and its tablespaces, takes their checksums on
 * the way, and makes them durable at the end.
 */
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';
import type { Checksums } from './checksums.ts';
import { createFileOutput } from './file-output.ts';
import { createTarReader, type TarEntry, type TarReader } from './tar-reader.ts';

export interface ChecksumOfFile {
  readonly sizeBytes: number;
  /** Hexadecimal, as the manifest writes it. */
  readonly crc32c: string;
}

/** By path relative to the data directory, as the manifest spells it (pg_tblspc/16390/PG_15.../5/1259). */
export type WrittenFiles = ReadonlyMap<string, ChecksumOfFile>;

export interface Tablespace {
  readonly oid: string;
  /** Where it lies on the source; relative to the data directory for an in-place tablespace. */
  readonly sourceLocation: string;
  /** Where its files are written, and its link in pg_tblspc leads to. */
  readonly directory: string;
}

export interface BackupWriter {
  /** What follows belongs to the main data directory (undefined) or to a tablespace. */
  startArchive(tablespace: Tablespace | undefined): void;
  /**
   * Takes a piece, which is valid during the call only; while a promise that it gave is open nothing more may come.
   * @throws Error of the file system, also for earlier pieces, or on a damaged archive
   */
  write(chunk: Buffer): void | Promise<void>;
  endArchive(): void;
  /** Waits until every file and directory is on disk, and gives the files with their checksums. */
  finish(signal: AbortSignal): Promise<WrittenFiles>;
  /** Lets go of what is open, for a backup that broke off: no file appears any more when it is settled. */
  abandon(): Promise<void>;
}

interface SentFile {
  readonly manifestPath: string;
  readonly sizeBytes: number;
}

/** @param checksums of nobody else: it takes the files one after the other */
export function createBackupWriter(
  dataDirectory: string,
  tablespaces: readonly Tablespace[],
  checksums: Checksums,
): BackupWriter {
  const files: SentFile[] = [];
  const directories = new Set<string>([dataDirectory]);
  const output = createFileOutput(checksums);
  let root = { directory: dataDirectory, manifestPrefix: '' };
  let isInFile = false;

  const reader = () =>
    createTarReader({
      onEntry: (entry) => {
        const name = safeName(entry.name);
        const target = join(root.directory, name);
        if (entry.kind === 'file') {
          output.start(target, entry.mode & 0o777);
          isInFile = true;
          files.push({ manifestPath: posix.join(root.manifestPrefix, name), sizeBytes: entry.sizeBytes });
        } else if (entry.kind === 'directory') {
          makeDirectory(target, entry.mode & 0o777);
          directories.add(target);
        } else {
          makeLink(target, entry, tablespaces);
        }
        directories.add(dirname(target));
      },
      onContent: (chunk) => {
        if (isInFile) output.append(chunk);
      },
      onEntryEnd: () => {
        if (isInFile) output.end();
        isInFile = false;
      },
    });
  let tar: TarReader | undefined;

  return {
    startArchive: (tablespace) => {
      root =
        tablespace === undefined
          ? { directory: dataDirectory, manifestPrefix: '' }
          : {
              directory: resolve(dataDirectory, tablespace.directory),
              manifestPrefix: `pg_tblspc/${tablespace.oid}`,
            };
      mkdirSync(root.directory, { recursive: true, mode: 0o700 });
      directories.add(root.directory);
      tar = reader();
    },
    write: (chunk) => {
      tar?.write(chunk);
      return output.room();
    },
    endArchive: () => tar?.end(),
    finish: async (signal) => {
      const values = await output.finish([...directories], signal);
      return new Map(
        files.map(({ manifestPath, sizeBytes }, index) => [
          manifestPath,
          { sizeBytes, crc32c: asInManifest(values[index] ?? 0) },
        ]),
      );
    },
    abandon: () => output.abandon(),
  };
}

/** Hexadecimal, lowest byte first. */
function asInManifest(checksum: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(checksum);
  return bytes.toString('hex');
}

/** @throws Error for a name that leads out of the directory: a source must not write elsewhere on this host */
function safeName(name: string): string {
  const normal = posix.normalize(name).replace(/\/$/, '');
  if (posix.isAbsolute(normal) || normal === '..' || normal.startsWith('../')) {
    throw new Error(`the source sent a file with the unsafe name "${name}"`);
  }
  return normal;
}

function makeDirectory(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, mode);
}

function makeLink(target: string, entry: TarEntry, tablespaces: readonly Tablespace[]): void {
  const tablespace = tablespaces.find((candidate) => candidate.sourceLocation === entry.linkTarget);
  if (tablespace === undefined) {
    throw new Error(`the source sent a link to "${entry.linkTarget}", which is none of its tablespaces`);
  }
  symlinkSync(tablespace.directory, target);
}
