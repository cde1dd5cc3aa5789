/** The end of complete WAL, in files made for the purpose; test/integration/040 compares it with what PostgreSQL says. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import type { Lsn } from '../../src/model/lsn.ts';
import type { TimelineId } from '../../src/model/timeline.ts';
import { findWalEnd } from '../../src/postgres/wal-end.ts';
import { pageBytes, segmentBytes, WalWriter } from '../support/wal-writer.ts';

const begin = BigInt(5 * segmentBytes) as Lsn;
const one = 1 as TimelineId;
const two = 2 as TimelineId;

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'wal-end-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

/** Short ones, some that end near the end of a page, some longer than a segment. */
const bodies = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.nat(300) },
    { weight: 3, arbitrary: fc.nat(2 * pageBytes) },
    { weight: 1, arbitrary: fc.integer({ min: segmentBytes / 2, max: 2.5 * segmentBytes }) },
  ),
  { minLength: 1, maxLength: 40 },
);

it('is behind the last record, however the records lie over pages and segments', async () => {
  const directory = await temporaryDirectory();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(bodies, fc.nat(), async (lengths, chosen) => {
      const writer = new WalWriter(begin);
      for (const length of lengths) writer.append(length);
      run += 1;
      const place = join(directory, String(run));
      await writer.save(place, one);
      const reached = writer.records[chosen % writer.records.length]?.end ?? begin;
      expect(await findWalEnd(place, reached)).toEqual({ lsn: writer.end, timelineId: one });
    }),
    { numRuns: 40 },
  );
});

it('is before a record of which a byte is missing or wrong, also where later records are whole', async () => {
  const directory = await temporaryDirectory();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(bodies, fc.nat(), fc.integer({ min: 0, max: 255 }), async (lengths, chosen, fill) => {
      const writer = new WalWriter(begin);
      writer.append(100);
      for (const length of lengths) writer.append(length + 16);
      const torn = writer.records[1 + (chosen % lengths.length)];
      if (torn === undefined) throw new Error('no record to damage');
      // In the last bytes of its body; records are filled with another byte each.
      const wrong = fill === Number(torn.start % 251n) ? fill ^ 1 : fill;
      writer.damage((torn.end - 16n) as Lsn, 1, wrong);
      run += 1;
      const place = join(directory, String(run));
      await writer.save(place, one);
      // Only the last segment is read: where the host lost a part of an earlier one, the end is told too late.
      const end = await findWalEnd(place, writer.records[0]?.end ?? begin);
      const isInLast = (writer.end - 1n) / BigInt(segmentBytes) === torn.start / BigInt(segmentBytes);
      const ends = isInLast ? [torn.start] : [torn.start, writer.end];
      expect(ends).toContain(end?.lsn);
    }),
    { numRuns: 40 },
  );
});

it('is on the highest timeline that a segment has, and not in segments that were only prepared', async () => {
  const directory = await temporaryDirectory();
  const old = new WalWriter(begin);
  for (let count = 0; count < 3000; count += 1) old.append(400);
  await old.save(directory, one);
  const fresh = new WalWriter(begin);
  for (let count = 0; count < 50; count += 1) fresh.append(200);
  await fresh.save(directory, two);
  expect((await findWalEnd(directory, fresh.end))?.timelineId).toBe(1);

  const alone = await temporaryDirectory();
  await fresh.save(alone, two);
  await writeFile(join(alone, '000000020000000000000006'), Buffer.alloc(segmentBytes));
  await writeFile(join(alone, '00000002.history'), '1\t0/500060\tno recovery target specified\n');
  expect(await findWalEnd(alone, fresh.end)).toEqual({ lsn: fresh.end, timelineId: two });
});

it('is the next segment after a switch', async () => {
  const directory = await temporaryDirectory();
  const writer = new WalWriter(begin);
  writer.append(100);
  writer.append(0, true);
  await writer.save(directory, one);
  const next = BigInt(6 * segmentBytes);
  expect(await findWalEnd(directory, (begin + 100n) as Lsn)).toEqual({ lsn: next, timelineId: one });
});

it('is unknown without files, and where they do not lead as far as the server has come', async () => {
  const directory = await temporaryDirectory();
  expect(await findWalEnd(directory, 0x500060n as Lsn)).toBeUndefined();
  expect(await findWalEnd(join(directory, 'absent'), 0x500060n as Lsn)).toBeUndefined();
  const writer = new WalWriter(begin);
  writer.append(100);
  await writer.save(directory, one);
  expect(await findWalEnd(directory, (writer.end + 8n) as Lsn)).toBeUndefined();
  expect(await findWalEnd(directory, (writer.end + BigInt(3 * segmentBytes)) as Lsn)).toBeUndefined();
});

it('goes on behind a record that a crash has torn, where the next page says that it was given up', async () => {
  const writer = new WalWriter(begin);
  writer.append(100);
  writer.append(3 * pageBytes);
  const torn = writer.records[1];
  if (torn === undefined) throw new Error('no record to tear');
  const resumed = new WalWriter(begin);
  resumed.append(100);
  resumed.tear(3 * pageBytes);
  resumed.append(200);
  const directory = await temporaryDirectory();
  await resumed.save(directory, one);
  expect(resumed.end).not.toBe(writer.end);
  expect(await findWalEnd(directory, (begin + 100n) as Lsn)).toEqual({ lsn: resumed.end, timelineId: one });
});

it('is told from what was received, where half a record lies behind the last complete one', async () => {
  const writer = new WalWriter(begin);
  writer.append(100);
  const complete = writer.end;
  writer.append(3 * pageBytes);
  const directory = await temporaryDirectory();
  await writer.save(directory, one);
  const receivedLsn = (complete + 5000n) as Lsn;
  const known = { boundary: (begin + 40n) as Lsn, receivedLsn };
  expect(await findWalEnd(directory, known.boundary, known)).toEqual({ lsn: complete, timelineId: one });
  expect(await findWalEnd(directory, complete, { boundary: complete })).toEqual({
    lsn: writer.end,
    timelineId: one,
  });
});
