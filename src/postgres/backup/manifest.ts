/**
 * The backup manifest of PostgreSQL 13+: which files a base backup consists of, and their checksums.
 * See https://www.postgresql.org/docs/current/backup-manifest-format.html
 */
import { createHash } from 'node:crypto';
import type { ChecksumOfFile } from './backup-writer.ts';

export interface ManifestFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Undefined where the manifest has none, or one of another algorithm than CRC32C. */
  readonly crc32c: string | undefined;
}

export interface BackupManifest {
  readonly files: readonly ManifestFile[];
  /** PostgreSQL 17+. */
  readonly systemIdentifier: string | undefined;
}

/**
 * Reads a manifest and compares it with its own checksum.
 * @throws Error that says what is wrong with it
 */
export function parseManifest(text: string): BackupManifest {
  const checksumLine = text.lastIndexOf('"Manifest-Checksum"');
  const expected = /"Manifest-Checksum"\s*:\s*"([0-9a-f]{64})"/.exec(text.slice(checksumLine))?.[1];
  if (checksumLine === -1 || expected === undefined) {
    throw new Error('the manifest has no checksum of itself: it is not complete');
  }
  if (createHash('sha256').update(text.slice(0, checksumLine), 'utf8').digest('hex') !== expected) {
    throw new Error('the manifest does not agree with its own checksum');
  }
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed) || !Array.isArray(parsed['Files'])) {
    throw new Error('the manifest has no list of files');
  }
  // 17+ writes the identifier as a number that is larger than a JavaScript number can hold.
  const systemIdentifier = /"System-Identifier"\s*:\s*(\d+)/.exec(text)?.[1];
  return { files: parsed['Files'].map(parseFile), systemIdentifier };
}

/**
 * Compares what was written with what the server says it sent. WAL is no part of the list; it has checksums of its own.
 * @returns a sentence for each file that is missing, has another size or another checksum, or is not in the manifest
 */
export function compareWithManifest(
  manifest: BackupManifest,
  written: ReadonlyMap<string, ChecksumOfFile>,
): string[] {
  const listed = new Set(manifest.files.map((file) => file.path));
  const wrong = manifest.files.flatMap((file) => {
    const found = written.get(file.path);
    if (found === undefined) {
      return [`"${file.path}" is missing.`];
    }
    if (found.sizeBytes !== file.sizeBytes) {
      return [`"${file.path}" has ${found.sizeBytes} bytes instead of ${file.sizeBytes}.`];
    }
    return file.crc32c !== undefined && found.crc32c !== file.crc32c
      ? [`"${file.path}" has the checksum ${found.crc32c} instead of ${file.crc32c}.`]
      : [];
  });
  const unlisted = [...written.keys()].filter((path) => !listed.has(path) && !path.startsWith('pg_wal/'));
  return [...wrong, ...unlisted.map((path) => `"${path}" is not in the manifest.`)];
}

function parseFile(entry: unknown): ManifestFile {
  if (!isRecord(entry) || typeof entry['Size'] !== 'number') {
    throw new Error('the manifest has a file without a size');
  }
  const plain = entry['Path'];
  const encoded = entry['Encoded-Path'];
  const path =
    typeof plain === 'string'
      ? plain
      : typeof encoded === 'string'
        ? Buffer.from(encoded, 'hex').toString('utf8')
        : undefined;
  if (path === undefined) {
    throw new Error('the manifest has a file without a path');
  }
  const checksum = entry['Checksum'];
  const isCrc32c = entry['Checksum-Algorithm'] === 'CRC32C' && typeof checksum === 'string';
  return { path, sizeBytes: entry['Size'], crc32c: isCrc32c ? checksum : undefined };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
