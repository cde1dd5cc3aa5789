import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compareWithManifest, parseManifest } from '../../../src/postgres/backup/manifest.ts';

function manifestText(files: readonly string[], head = '"PostgreSQL-Backup-Manifest-Version": 1,'): string {
  const text = `{ ${head}\n"Files": [\n${files.join(',\n')}\n],\n"WAL-Ranges": [],\n`;
  return `${text}"Manifest-Checksum": "${createHash('sha256').update(text).digest('hex')}"}\n`;
}

const control =
  '{ "Path": "global/pg_control", "Size": 8192, "Last-Modified": "2026-01-01 00:00:00 GMT", "Checksum-Algorithm": "CRC32C", "Checksum": "0a1b2c3d" }';
const version =
  '{ "Encoded-Path": "50475f56455253494f4e", "Size": 3, "Last-Modified": "2026-01-01 00:00:00 GMT" }';

describe('a backup manifest', () => {
  it('lists files with size and checksum; names that are no UTF-8 come in hexadecimal', () => {
    expect(parseManifest(manifestText([control, version])).files).toEqual([
      { path: 'global/pg_control', sizeBytes: 8192, crc32c: '0a1b2c3d' },
      { path: 'PG_VERSION', sizeBytes: 3, crc32c: undefined },
    ]);
  });

  it('keeps all digits of the system identifier of PostgreSQL 17', () => {
    const head = '"PostgreSQL-Backup-Manifest-Version": 2,\n"System-Identifier": 7451234567890123457,';
    expect(parseManifest(manifestText([control], head)).systemIdentifier).toBe('7451234567890123457');
  });

  it('is refused where it was changed or cut off', () => {
    const text = manifestText([control]);
    expect(() => parseManifest(text.replace('8192', '8193'))).toThrow('does not agree with its own checksum');
    expect(() => parseManifest(text.slice(0, -80))).toThrow('not complete');
  });
});

describe('compareWithManifest', () => {
  const manifest = parseManifest(manifestText([control, version]));
  const right = new Map([
    ['global/pg_control', { sizeBytes: 8192, crc32c: '0a1b2c3d' }],
    ['PG_VERSION', { sizeBytes: 3, crc32c: '00000000' }],
    ['pg_wal/000000010000000000000002', { sizeBytes: 16, crc32c: '11111111' }],
  ]);

  it('finds nothing where all is well; WAL is not listed', () => {
    expect(compareWithManifest(manifest, right)).toEqual([]);
  });

  it('names what is missing, differs, or is too much', () => {
    const wrong = new Map([
      ['global/pg_control', { sizeBytes: 8192, crc32c: 'ffffffff' }],
      ['base/1/1259', { sizeBytes: 0, crc32c: '00000000' }],
    ]);
    expect(compareWithManifest(manifest, wrong)).toEqual([
      '"global/pg_control" has the checksum ffffffff instead of 0a1b2c3d.',
      '"PG_VERSION" is missing.',
      '"base/1/1259" is not in the manifest.',
    ]);
    const short = new Map([...right, ['PG_VERSION', { sizeBytes: 2, crc32c: '00000000' }] as const]);
    expect(compareWithManifest(manifest, short)).toEqual(['"PG_VERSION" has 2 bytes instead of 3.']);
  });
});
