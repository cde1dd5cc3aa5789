import { describe, expect, it } from 'vitest';
import { parseVersionText, serverVersion } from '../../src/postgres/version.ts';

describe('parseVersionText', () => {
  it.each([
    ['15.18 (Debian 15.18-0+deb12u1)', 150_018],
    ['9.6.24', 90_624],
    ['10.23', 100_023],
    ['18.4', 180_004],
    ['19beta1', 190_000],
    ['9.3', 90_300],
  ])('%j is %d', (text, number) => {
    expect(parseVersionText(text)).toBe(number);
  });

  it('refuses what begins with no number', () => {
    expect(parseVersionText('EnterpriseDB')).toBeUndefined();
  });
});

describe('serverVersion', () => {
  it('names the major version', () => {
    expect([90_624, 100_023, 180_004].map((number) => serverVersion(number).major)).toEqual([
      '9.6',
      '10',
      '18',
    ]);
  });

  it('refuses servers before 9.3', () => {
    expect(() => serverVersion(90_224)).toThrow(
      expect.objectContaining({ code: 'server_version_unsupported', exitCode: 1 }),
    );
  });

  it('knows what changed, and when', () => {
    const table = [90_324, 90_424, 90_624, 100_023, 110_022, 120_022, 130_023, 150_018, 160_014, 170_010].map(
      (number) => {
        const { major, capabilities: c } = serverVersion(number);
        return [
          major,
          c.recoverySettingsIn,
          c.canReloadPrimaryConninfo ? 'reload' : 'restart',
          c.walNames.directory,
          c.backupApi,
          c.baseBackupSyntax,
          c.walKeepSetting,
          c.promoteTriggerSetting ?? 'no trigger file',
          c.hasPromoteFunction ? 'pg_promote' : 'pg_ctl',
          c.needsDbnameInPrimaryConninfo ? 'dbname' : '',
        ].join(' ');
      },
    );
    expect(table).toEqual([
      '9.3 recovery.conf restart pg_xlog exclusive words wal_keep_segments trigger_file pg_ctl ',
      '9.4 recovery.conf restart pg_xlog exclusive words wal_keep_segments trigger_file pg_ctl ',
      '9.6 recovery.conf restart pg_xlog start_stop words wal_keep_segments trigger_file pg_ctl ',
      '10 recovery.conf restart pg_wal start_stop words wal_keep_segments trigger_file pg_ctl ',
      '11 recovery.conf restart pg_wal start_stop words wal_keep_segments trigger_file pg_ctl ',
      '12 auto.conf restart pg_wal start_stop words wal_keep_segments promote_trigger_file pg_promote ',
      '13 auto.conf reload pg_wal start_stop words wal_keep_size promote_trigger_file pg_promote ',
      '15 auto.conf reload pg_wal backup_start options wal_keep_size promote_trigger_file pg_promote ',
      '16 auto.conf reload pg_wal backup_start options wal_keep_size no trigger file pg_promote ',
      '17 auto.conf reload pg_wal backup_start options wal_keep_size no trigger file pg_promote dbname',
    ]);
  });
});
