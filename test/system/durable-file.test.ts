import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeDurably } from '../../src/system/durable-file.ts';

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'repmgr-durable-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('the file has the text and the mode asked for, and nothing else is left', async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, 'state.json');
  await writeFile(path, 'old', { mode: 0o644 });
  await writeDurably(path, 'new', { mode: 0o600 });
  expect(await readFile(path, 'utf8')).toBe('new');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(['state.json']);
});

test('a write that fails leaves no file behind', async () => {
  const directory = await temporaryDirectory();
  await expect(writeDurably(join(directory, 'no', 'file'), 'x', { mode: 0o600 })).rejects.toMatchObject({
    code: 'ENOENT',
  });
  expect(await readdir(directory)).toEqual([]);
});
