import { describe, expect, it } from 'vitest';
import { formatLsn, parseLsn } from '../../../src/model/lsn.ts';
import { firstSegmentOf, mapTablespaces } from '../../../src/postgres/backup/backup-label.ts';
import { segmentsBetween, walRules } from '../../../src/postgres/backup/rsync-rules.ts';

const megabyte = 1024 * 1024;
const label = [
  'START WAL LOCATION: 1/FE000028 (file 0000000A00000001000000FE)',
  'CHECKPOINT LOCATION: 1/FE000060',
  'BACKUP METHOD: streamed',
  'START TIMELINE: 10',
  '',
].join('\n');

describe('a backup_label', () => {
  it('says where WAL begins, in segments of any size', () => {
    const { timelineId, startLsn } = firstSegmentOf(label, 16 * megabyte);
    expect({ timelineId, start: formatLsn(startLsn) }).toEqual({ timelineId: 10, start: '1/FE000000' });
    const small = label.replace('0000000A00000001000000FE', '0000000A0000000100000FE0');
    expect(formatLsn(firstSegmentOf(small, megabyte).startLsn)).toBe('1/FE000000');
  });

  it.each(['', 'nonsense', label.replace('file ', '')])('that does not say it is an error: %j', (text) => {
    expect(() => firstSegmentOf(text, 16 * megabyte)).toThrow(
      expect.objectContaining({ code: 'backup_label_unreadable', exitCode: 17 }),
    );
  });

  it('leads to all segments up to the end of the backup, over the end of a half', () => {
    const { timelineId, startLsn } = firstSegmentOf(label, 16 * megabyte);
    const until = (text: string) => {
      const stop = parseLsn(text);
      if (stop === undefined) throw new Error(text);
      return segmentsBetween(timelineId, startLsn, stop, 16 * megabyte);
    };
    expect(until('2/000000F8')).toEqual([
      '0000000A00000001000000FE',
      '0000000A00000001000000FF',
      '0000000A0000000200000000',
    ]);
    expect(until('1/FF000000')).toEqual(['0000000A00000001000000FE']);
    expect(walRules(until('1/FF000000'))).toEqual(['+ /????????00000001000000FE', '+ /*.history', '- *']);
  });
});

describe('a tablespace_map', () => {
  it('leads to the places on this host, and leaves what it does not know', () => {
    const map = '16385 /srv/one two\n16386 /srv/other\n';
    expect(mapTablespaces(map, new Map([['16385', '/mnt/$1 here']]))).toBe(
      '16385 /mnt/$1 here\n16386 /srv/other\n',
    );
  });
});
