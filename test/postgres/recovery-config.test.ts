import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  applySettings,
  readRecoveryConfig,
  settingsOfTheSource,
  writeRecoveryConfig,
} from '../../src/postgres/recovery-config.ts';
import { parseSettingLine, quoteSetting } from '../../src/postgres/settings.ts';
import { serverVersion } from '../../src/postgres/version.ts';

const version11 = serverVersion(110_022);
const version12 = serverVersion(120_022);

async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'repmgr-recovery-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

describe('a setting', () => {
  it('reads back whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        fc.pre(!value.includes('\0'));
        const line = `restore_command = ${quoteSetting(value)}`;
        expect(line).not.toContain('\n');
        expect(parseSettingLine(line)).toEqual({ name: 'restore_command', value });
      }),
    );
  });

  it.each([
    ["Port = '5433' # ours", { name: 'port', value: '5433' }],
    ['work_mem 4MB', { name: 'work_mem', value: '4MB' }],
    ["include 'a b.conf'", { name: 'include', value: 'a b.conf' }],
    ["a.b = 'it''s \\'so\\''", { name: 'a.b', value: "it's 'so'" }],
    ['# port = 5433', undefined],
    ['', undefined],
  ])('is read from the line %j', (line, expected) => {
    expect(parseSettingLine(line)).toEqual(expected);
  });
});

describe('applySettings', () => {
  it('replaces what is named, removes what shall not be, and leaves the rest in its order', () => {
    const text = "# head\nport = 5433\nprimary_conninfo = 'host=old'\nrestore_command = 'cp'\nwork_mem = 4MB";
    expect(applySettings(text, { primary_conninfo: 'host=new', restore_command: undefined })).toBe(
      "# head\nport = 5433\nwork_mem = 4MB\nprimary_conninfo = 'host=new'\n",
    );
  });

  it('writes a file where there was none', () => {
    expect(applySettings('', { a: '1' })).toBe("a = '1'\n");
  });
});

describe('the recovery settings', () => {
  const settings = { primary_conninfo: "host=node1 password='x y'", primary_slot_name: 'repmgr_slot_2' };

  it('stand in recovery.conf up to PostgreSQL 11', async () => {
    const dataDirectory = await emptyDirectory();
    await writeRecoveryConfig({ dataDirectory, version: version11, settings });
    const file = join(dataDirectory, 'recovery.conf');
    expect(await readFile(file, 'utf8')).toBe(
      [
        "standby_mode = 'on'",
        "recovery_target_timeline = 'latest'",
        "primary_conninfo = 'host=node1 password=''x y'''",
        "primary_slot_name = 'repmgr_slot_2'",
        '',
      ].join('\n'),
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readRecoveryConfig({ dataDirectory, version: version11 })).toMatchObject(settings);
  });

  it('stand in postgresql.auto.conf from PostgreSQL 12 on, beside what ALTER SYSTEM wrote', async () => {
    const dataDirectory = await emptyDirectory();
    await writeFile(
      join(dataDirectory, 'postgresql.auto.conf'),
      "work_mem = '4MB'\nrecovery_target_time = '2026-01-01'\nprimary_conninfo = 'host=old'\n",
    );
    await writeRecoveryConfig({ dataDirectory, version: version12, settings });
    expect(await readRecoveryConfig({ dataDirectory, version: version12 })).toEqual({
      work_mem: '4MB',
      recovery_target_timeline: 'latest',
      ...settings,
    });
    expect(await readFile(join(dataDirectory, 'standby.signal'), 'utf8')).toBe('');
  });

  it('of a source are all removed by a list of their names', () => {
    const ofSource = settingsOfTheSource.map((name) => `${name} = 'x'\n`).join('');
    const removed = Object.fromEntries(settingsOfTheSource.map((name) => [name, undefined]));
    expect(applySettings(`port = 1\n${ofSource}`, removed)).toBe('port = 1\n');
  });

  it('that cannot be written are an error with what to do', async () => {
    const dataDirectory = join(await emptyDirectory(), 'absent');
    await expect(writeRecoveryConfig({ dataDirectory, version: version12, settings })).rejects.toMatchObject({
      code: 'recovery_settings_failed',
      hint: expect.any(String),
    });
  });
});
