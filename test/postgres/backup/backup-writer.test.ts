import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type BackupWriter, createBackupWriter } from '../../../src/postgres/backup/backup-writer.ts';
import { checkBlock } from '../../../src/postgres/backup/checksums.ts';
import { createCrc32c } from '../../../src/postgres/crc32c.ts';
import { type TarFile, tarOf } from '../../support/tar.ts';

const { signal } = new AbortController();
let root: string;
let writer: BackupWriter;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'repmgr-writer-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'data'));
  const tablespaces = [
    { oid: '16385', sourceLocation: '/srv/fast', directory: join(root, 'fast') },
    { oid: '16386', sourceLocation: 'pg_tblspc/16386', directory: 'pg_tblspc/16386' },
  ];
  const crc32c = await createCrc32c();
  writer = createBackupWriter(join(root, 'data'), tablespaces, {
    check: async (block) => checkBlock(crc32c, block),
  });
});

describe('what a base backup sends', () => {
  it('gets its place, its permissions and its checksum, whatever its size', async () => {
    const large = Buffer.alloc(20 * 1024 * 1024, 'x');
    writer.startArchive(undefined);
    const bytes = await tarOf([
      { name: 'base/', type: 'directory', mode: 0o700 },
      { name: 'base/1', mode: 0o640, content: Buffer.from('123456789') },
      { name: 'base/2', mode: 0o600, content: large },
      { name: 'pg_tblspc/', type: 'directory', mode: 0o700 },
      { name: 'pg_tblspc/16385', type: 'symlink', linkname: '/srv/fast' },
    ]);
    for (let start = 0; start < bytes.length; start += 100_000) {
      await writer.write(bytes.subarray(start, start + 100_000));
    }
    writer.endArchive();
    const written = await writer.finish(signal);
    expect(written.get('base/1')).toEqual({ sizeBytes: 9, crc32c: '839206e3' });
    expect(written.get('base/2')?.sizeBytes).toBe(large.length);
    expect((await stat(join(root, 'data/base/1'))).mode & 0o777).toBe(0o640);
    expect((await readFile(join(root, 'data/base/2'))).equals(large)).toBe(true);
    expect(await readlink(join(root, 'data/pg_tblspc/16385'))).toBe(join(root, 'fast'));
  });

  it('goes into the tablespaces, also into those in the data directory; the manifest calls them by number', async () => {
    for (const [index, oid] of ['16385', '16386'].entries()) {
      writer.startArchive({
        oid,
        sourceLocation: '',
        directory: index === 0 ? join(root, 'fast') : 'pg_tblspc/16386',
      });
      await writer.write(await withParents({ name: 'PG_15_1/5/1', content: Buffer.from(oid) }));
      writer.endArchive();
    }
    expect([...(await writer.finish(signal)).keys()]).toEqual([
      'pg_tblspc/16385/PG_15_1/5/1',
      'pg_tblspc/16386/PG_15_1/5/1',
    ]);
    expect(await readFile(join(root, 'fast/PG_15_1/5/1'), 'utf8')).toBe('16385');
    expect(await readFile(join(root, 'data/pg_tblspc/16386/PG_15_1/5/1'), 'utf8')).toBe('16386');
  });

  it('is checked file by file, wherever in the blocks files begin and end', async () => {
    const sizes = [0, 1, 700_000, 700_000, 0, 1024 * 1024, 3_000_000, 0, 5, 1024 * 1024 - 5, 512];
    const contents = sizes.map((size, index) => Buffer.alloc(size, `content ${index} `));
    writer.startArchive(undefined);
    await writer.write(await tarOf(contents.map((content, index) => ({ name: `file${index}`, content }))));
    writer.endArchive();
    const written = await writer.finish(signal);
    const crc32c = await createCrc32c();
    for (const [index, content] of contents.entries()) {
      const expected = Buffer.alloc(4);
      expected.writeUInt32LE(crc32c.of(content));
      expect(written.get(`file${index}`)).toEqual({
        sizeBytes: content.length,
        crc32c: expected.toString('hex'),
      });
      expect((await readFile(join(root, `data/file${index}`))).equals(content)).toBe(true);
    }
  });

  it('appears no more once it is given up', async () => {
    const files = Array.from({ length: 500 }, (_, index) => ({
      name: `file${index}`,
      content: Buffer.alloc(10_000, 'x'),
    }));
    writer.startArchive(undefined);
    void writer.write(await tarOf(files));
    await writer.abandon();
    const left = await readdir(join(root, 'data'));
    expect(left.length).toBeLessThan(files.length);
    await setImmediate();
    expect(await readdir(join(root, 'data'))).toEqual(left);
  });

  it.each(['../outside', '/etc/outside', 'base/../../outside'])(
    'never leaves its directory: %s',
    async (name) => {
      await expect(unpack({ name, content: Buffer.from('x') })).rejects.toThrow('unsafe name');
    },
  );

  it('never follows a link of the source to elsewhere', async () => {
    const link = { name: 'pg_tblspc/1', type: 'symlink', linkname: '/etc' } as const;
    await expect(unpack(link)).rejects.toThrow('none of its tablespaces');
  });

  it('is refused where it is damaged or cut off', async () => {
    const bytes = await tarOf([{ name: 'one', content: Buffer.alloc(2000, 'x') }]);
    const damaged = Buffer.from(bytes);
    damaged[10] = 7;
    for (const wrong of [damaged, bytes.subarray(0, 1000)]) {
      writer.startArchive(undefined);
      expect(() => {
        void writer.write(wrong);
        writer.endArchive();
      }).toThrow(/wrong checksum|middle of an entry/);
      await writer.abandon();
      await rm(join(root, 'data/one'), { force: true });
    }
  });

  it('that finds no room fails with the error of the system', async () => {
    await mkdir(join(root, 'data/one'));
    await unpack({ name: 'one', content: Buffer.from('x') });
    await expect(writer.finish(signal)).rejects.toMatchObject({ code: 'EEXIST' });
  });
});

async function unpack(entry: TarFile): Promise<void> {
  writer.startArchive(undefined);
  await writer.write(await tarOf([entry]));
  writer.endArchive();
}

/** A server sends the directories of a file before it. */
async function withParents(file: TarFile): Promise<Buffer> {
  return await tarOf([
    { name: 'PG_15_1/', type: 'directory', mode: 0o700 },
    { name: 'PG_15_1/5/', type: 'directory', mode: 0o700 },
    file,
  ]);
}
