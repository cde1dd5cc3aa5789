import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Lsn } from '../../src/model/lsn.ts';
import type { TimelineId } from '../../src/model/timeline.ts';
import { parseWalSegmentName, walSegmentName } from '../../src/model/wal-segment.ts';

const megabyte = 1024 * 1024;

it('names segments as pg_walfile_name() does', () => {
  expect(walSegmentName(1 as TimelineId, 0x0300_0060n as Lsn)).toBe('000000010000000000000003');
  expect(walSegmentName(0x1a as TimelineId, 0x16_b374_d848n as Lsn)).toBe('0000001A00000016000000B3');
  expect(walSegmentName(1 as TimelineId, 0x1_4000_0000n as Lsn, 1024 * megabyte)).toBe(
    '000000010000000100000001',
  );
});

it('reads back the start of the segment that a position lies in', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      fc.constantFrom(1, 16, 64, 1024),
      (position, megabytes) => {
        const bytes = megabytes * megabyte;
        const segment = parseWalSegmentName(walSegmentName(7 as TimelineId, position as Lsn, bytes), bytes);
        expect(segment).toEqual({ timelineId: 7, startLsn: position - (position % BigInt(bytes)) });
      },
    ),
  );
});

it.each([
  '00000002.history',
  '000000010000000000000003.partial',
  '000000010000000000000003.00000028.backup',
  'xlogtemp.123',
  '000000000000000000000003',
  '000000010000000000000100',
])('does not take %s for a segment', (name) => {
  expect(parseWalSegmentName(name)).toBeUndefined();
});
