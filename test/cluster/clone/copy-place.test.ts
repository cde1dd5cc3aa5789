import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  asideOf,
  type CopyPlace,
  copyPlace,
  finishPlaces,
  preparePlace,
  readPlace,
  removeRest,
  restorePlaces,
} from '../../../src/cluster/clone/copy-place.ts';

let main: CopyPlace;
let tablespace: CopyPlace;

beforeEach(async () => {
  const root = await mkdtemp(join(tmpdir(), 'repmgr-place-'));
  onTestFinished(() => rm(root, { recursive: true }));
  [main, tablespace] = [copyPlace(join(root, 'data')), copyPlace(join(root, 'space'))];
  for (const { location } of [main, tablespace]) await mkdir(location);
});

async function put(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(directory, name, '..'), { recursive: true });
    await writeFile(join(directory, name), text);
  }
}

/** Everything below a directory: path and text. */
async function contentOf(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = files.map(async (path) => [path.slice(directory.length + 1), await readFile(path, 'utf8')]);
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
}

const old = { PG_VERSION: '15', 'global/pg_control': 'old', 'base/1/1259': 'old' };
const copied = { PG_VERSION: '15', 'global/pg_control': 'new', 'base/1/2000': 'new' };
const oldSpace = { 'PG_15_1/5/7': 'old' };
const copiedSpace = { 'PG_15_1/5/8': 'new' };

/** Up to the moment at which everything is copied. */
async function copyOverOld(): Promise<void> {
  await put(main.location, old);
  await put(tablespace.location, oldSpace);
  await preparePlace(main);
  await preparePlace(tablespace);
  await put(main.workplace, copied);
  await put(tablespace.workplace, copiedSpace);
}

async function expectOldContent(): Promise<void> {
  expect(await contentOf(main.location)).toEqual(old);
  expect(await contentOf(tablespace.location)).toEqual(oldSpace);
}

describe('the places of a clone', () => {
  it('hold nothing that a server starts in while the copy is made', async () => {
    await copyOverOld();
    expect(await readPlace(main.location)).toEqual({
      workplaces: [expect.stringMatching(`^repmgr_clone_unfinished\\.${process.pid}-`)],
      hasReplaced: true,
      others: [],
    });
    expect(await contentOf(main.replaced)).toEqual(old);
    expect(await asideOf(main)).toBe(main.replaced);
  });

  it('hold the copy and nothing else when it is finished', async () => {
    await copyOverOld();
    await finishPlaces([main, tablespace]);
    await removeRest(main);
    await removeRest(tablespace);
    expect(await contentOf(main.location)).toEqual(copied);
    expect(await contentOf(tablespace.location)).toEqual(copiedSpace);
    expect((await readdir(main.location)).sort()).toEqual(['PG_VERSION', 'base', 'global']);
    expect(await asideOf(main)).toBeUndefined();
  });

  it('leave lost+found of a mount point alone', async () => {
    await put(main.location, { 'lost+found/1': 'x' });
    await preparePlace(main);
    await put(main.workplace, copied);
    await finishPlaces([main]);
    await removeRest(main);
    expect(await contentOf(main.location)).toEqual({ ...copied, 'lost+found/1': 'x' });
  });
});

describe('places are brought back to what they were', () => {
  it('after a copy that failed', async () => {
    await copyOverOld();
    await restorePlaces([main, tablespace]);
    await expectOldContent();
  });

  it('where there was nothing before', async () => {
    await preparePlace(main);
    await put(main.workplace, copied);
    await restorePlaces([main]);
    expect(await readdir(main.location)).toEqual([]);
  });

  it('by a later process than the one that was killed', async () => {
    await copyOverOld();
    await rename(main.workplace, join(main.location, 'repmgr_clone_unfinished.1-1'));
    await restorePlaces([copyPlace(main.location), copyPlace(tablespace.location)]);
    await expectOldContent();
  });

  it('when it stopped while the old content was moved aside', async () => {
    await put(main.location, old);
    await put(tablespace.location, oldSpace);
    await mkdir(main.replaced);
    await rename(join(main.location, 'PG_VERSION'), join(main.replaced, 'PG_VERSION'));
    await restorePlaces([main, tablespace]);
    await expectOldContent();
  });

  it('when it stopped while the copy was put in place', async () => {
    await copyOverOld();
    await rename(join(main.workplace, 'global'), join(main.location, 'global'));
    await rename(join(tablespace.workplace, 'PG_15_1'), join(tablespace.location, 'PG_15_1'));
    await restorePlaces([main, tablespace]);
    await expectOldContent();
  });

  it('when PG_VERSION alone was missing at the end', async () => {
    await copyOverOld();
    // Without it the very last step fails.
    await rm(join(main.workplace, 'PG_VERSION'));
    await expect(finishPlaces([main, tablespace])).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await asideOf(main)).toBe(join(main.location, 'repmgr_clone_removed'));
    await restorePlaces([main, tablespace]);
    await expectOldContent();
  });

  it('twice without harm', async () => {
    await copyOverOld();
    await restorePlaces([main, tablespace]);
    await restorePlaces([main, tablespace]);
    await expectOldContent();
  });

  it('but not after the last step: the copy stays, its traces go', async () => {
    await copyOverOld();
    await finishPlaces([main, tablespace]);
    await restorePlaces([main, tablespace]);
    expect(await contentOf(main.location)).toEqual(copied);
    expect(await contentOf(tablespace.location)).toEqual(copiedSpace);
  });
});
