import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTarReader, type TarEntry } from '../../../src/postgres/backup/tar-reader.ts';
import { tarOf } from '../../support/tar.ts';

interface ReadEntry extends TarEntry {
  readonly content: string;
}

function read(chunks: readonly Buffer[]): ReadEntry[] {
  const entries: ReadEntry[] = [];
  let current: TarEntry | undefined;
  let content = '';
  const reader = createTarReader({
    onEntry: (entry) => {
      current = entry;
      content = '';
    },
    onContent: (chunk) => {
      content += chunk.toString('latin1');
    },
    onEntryEnd: () => {
      if (current !== undefined) entries.push({ ...current, content });
    },
  });
  for (const chunk of chunks) reader.write(chunk);
  reader.end();
  return entries;
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let rest = bytes;
  for (const length of lengths) {
    chunks.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return [...chunks, rest];
}

describe('the tar reader', () => {
  it('reads files, directories and links', async () => {
    const bytes = await tarOf([
      { name: 'base/', type: 'directory', mode: 0o700 },
      { name: 'base/PG_VERSION', mode: 0o600, content: Buffer.from('15\n') },
      { name: 'base/empty', mode: 0o640, content: Buffer.alloc(0) },
      { name: 'pg_tblspc/16385', type: 'symlink', linkname: '/srv/fast disk' },
    ]);
    expect(read([bytes])).toMatchObject([
      { name: 'base/', kind: 'directory', mode: 0o700 },
      { name: 'base/PG_VERSION', kind: 'file', mode: 0o600, sizeBytes: 3, content: '15\n' },
      { name: 'base/empty', kind: 'file', mode: 0o640, sizeBytes: 0, content: '' },
      { name: 'pg_tblspc/16385', kind: 'symbolic link', linkTarget: '/srv/fast disk' },
    ]);
  });

  it('reads the same in whatever chunks it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 4 }),
        fc.array(fc.nat(900), { maxLength: 12 }),
        async (contents, lengths) => {
          const files = contents.map((content, index) => ({
            name: `base/${index}`,
            content: Buffer.from(content),
          }));
          const found = read(cut(await tarOf(files), lengths));
          expect(found.map(({ name, content }) => [name, content])).toEqual(
            files.map(({ name, content }) => [name, content.toString('latin1')]),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses a damaged header, and an archive that is cut off', async () => {
    const bytes = await tarOf([{ name: 'base/1', content: Buffer.alloc(2000, 'x') }]);
    const damaged = Buffer.from(bytes);
    damaged[10] = 7;
    expect(() => read([damaged])).toThrow('wrong checksum');
    expect(() => read([bytes.subarray(0, 1000)])).toThrow('middle of an entry');
  });
});
