import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeDirectories } from '../../src/system/make-directories.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'repmgr-directories-'));
  onTestFinished(async () => await rm(path, { recursive: true }));
  return path;
}

it('makes what lacks, and tells the first that it made', async () => {
  const path = await folder();
  expect(await makeDirectories(join(path, 'a/b/c'), 0o700)).toBe(join(path, 'a'));
  expect(((await stat(join(path, 'a/b'))).mode & 0o777).toString(8)).toBe('700');
  expect(await makeDirectories(join(path, 'a/b/d'))).toBe(join(path, 'a/b/d'));
  expect(await makeDirectories(join(path, 'a/b'))).toBeUndefined();
});

it('ends with what the system says: below a file, and where nothing can be made', async () => {
  const path = await folder();
  await mkdir(join(path, 'a'));
  await writeFile(join(path, 'a/file'), '');
  await expect(makeDirectories(join(path, 'a/file/b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await expect(makeDirectories(join(path, 'a/file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeDirectories('/proc/nothing/below')).rejects.toMatchObject({ code: 'ENOENT' });
});
