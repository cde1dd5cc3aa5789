import { describe, expect, it } from 'vitest';
import { checkUpstreamConfig } from '../../../src/cluster/clone/check-upstream-config.ts';
import { failure } from '../../../src/errors.ts';
import { serverVersion } from '../../../src/postgres/version.ts';
import { aSource, aWish, copyingBy, sourceWith } from './a-clone.ts';

const wrong = (...arguments_: Parameters<typeof checkUpstreamConfig>) =>
  checkUpstreamConfig(...arguments_).flatMap(({ setting, refusal }) => (refusal ? [setting] : []));

describe('the check of an upstream', () => {
  it('shows each setting with what was found and what is wanted', () => {
    const checks = checkUpstreamConfig(aSource(), aWish({ walKeepSegments: 0, usesSlot: true }));
    expect(checks).toEqual(
      [
        ['wal_level', 'replica', 'replica or logical'],
        ['max_wal_senders', '10', '1 or more'],
        ['hot_standby', 'on', 'on'],
        ['archive_command', 'not shown to this role', 'anything, as archive_mode = off'],
        ['wal_keep_size', '0', 'anything, as a slot keeps the WAL'],
        ['free WAL senders', '2 or more', '1 or more'],
        ['max_replication_slots', '10, 0 taken', 'one free'],
      ].map(([setting, found, wanted]) => ({ setting, found, wanted, refusal: undefined })),
    );
  });

  it('finds all that is wrong, not the first alone', () => {
    const source = {
      ...sourceWith({
        wal_level: 'minimal',
        max_wal_senders: '0',
        hot_standby: 'off',
        archive_mode: 'on',
        archive_command: '',
        max_replication_slots: '0',
      }),
      replication: { identity: undefined, refusal: undefined, freeWalSenders: 0 } as const,
    };
    const all = checkUpstreamConfig(source, aWish()).map(({ setting }) => setting);
    expect(wrong(source, aWish({ walKeepSegments: 1 }))).toEqual(all.slice(0, -1));
    expect(wrong(source, aWish({ usesSlot: true, walKeepSegments: 1 }))).toEqual(
      all.filter((setting) => setting !== 'wal_keep_size'),
    );
  });

  it('wants room for the method of the copy', () => {
    const source = aSource({ replication: { ...aSource().replication, freeWalSenders: 1 } });
    expect(wrong(source, copyingBy('protocol'))).toEqual([]);
    expect(wrong(source, copyingBy('rsync'))).toEqual([]);
    expect(wrong(source, copyingBy(undefined))).toEqual(['free WAL senders']);
  });

  it('gives the reason of the server where replication connections are refused', () => {
    const refusal = failure('connection_failed', { message: 'no pg_hba.conf entry' });
    const source = aSource({ replication: { identity: undefined, refusal, freeWalSenders: 0 } });
    const check = checkUpstreamConfig(source, aWish()).find(({ setting }) => setting === 'free WAL senders');
    expect(check).toMatchObject({ found: 'refused', refusal });
  });

  it('knows that a slot in use by the node itself is room enough, and 9.3 has none', () => {
    const settings = { max_replication_slots: '1' };
    const slot = { name: 'repmgr_slot_2', kind: 'physical', isActive: false, isLost: false } as const;
    expect(wrong({ ...sourceWith(settings), slots: [slot] }, aWish({ usesSlot: true }))).toEqual([]);
    const old = {
      ...sourceWith({ wal_level: 'hot_standby' }),
      version: serverVersion(90_324),
      slots: undefined,
    };
    expect(wrong(old, aWish({ usesSlot: true }))).toEqual(['max_replication_slots']);
  });

  it('never shows the archive_command itself', () => {
    const source = sourceWith({ archive_mode: 'on', archive_command: 'scp -i s3cret %p b:' });
    expect(JSON.stringify(checkUpstreamConfig(source, aWish()))).not.toContain('s3cret');
  });
});
