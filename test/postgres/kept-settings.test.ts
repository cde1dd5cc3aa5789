import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  isReplaced,
  replaceSettings,
  restoreSettings,
  settleSettings,
} from '../../src/postgres/kept-settings.ts';
import { autoConf, readSettingsFile } from '../../src/postgres/server-settings.ts';

const name = 'synchronous_standby_names';
const soon = { isDurable: false };
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kept-settings-'));
  await writeFile(join(directory, 'postgresql.auto.conf'), `${name} = 'theirs'\nport = '5432'\n`);
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function value(): Promise<string | undefined> {
  return (await readSettingsFile(autoConf(directory)))[name];
}

describe('a setting that is replaced for a while', () => {
  it('is given back as it was', async () => {
    const file = autoConf(directory);
    await replaceSettings(file, { [name]: 'nobody' }, soon);
    await replaceSettings(file, { [name]: 'nobody else' }, soon);
    expect(await value()).toBe('nobody else');
    await restoreSettings(file, [name], soon);
    expect(await value()).toBe('theirs');
    expect(await isReplaced(file, name)).toBe(false);
  });

  it('is not given back once another value was put in for good', async () => {
    const file = autoConf(directory);
    await replaceSettings(file, { [name]: 'nobody' }, soon);
    await settleSettings(file, { [name]: 'ANY 1 ("node2")' }, soon);
    await restoreSettings(file, [name], soon);
    expect(await value()).toBe('ANY 1 ("node2")');
    expect(await readFile(file.path, 'utf8')).toContain("port = '5432'");
  });
});
