/** Rows and transactions, counted from what pg_waldump prints in its versions. */
import { expect, it } from 'vitest';
import { WaldumpReader } from '../../../src/cluster/rejoin/waldump.ts';

function contentOf(lines: readonly string[]) {
  const reader = new WaldumpReader();
  for (const line of lines) reader.take(line);
  return reader.result();
}

const head = (manager: string, transaction: number) =>
  `rmgr: ${manager.padEnd(11)} len (rec/tot):     59/    59, tx: ${String(transaction).padStart(10)}, lsn: 0/0301DB38, prev 0/0301DB00, desc:`;
const table = 'blkref #0: rel 1663/16384/16390 blk 0';

it('counts rows of committed transactions by table, the most changed one first', () => {
  const content = contentOf([
    `${head('Heap', 700)} INSERT off 1 flags 0x00, ${table}`,
    `${head('Heap', 700)} INSERT+INIT off 1 flags 0x00, ${table}`,
    `${head('Heap', 700)} HOT_UPDATE off 1 xmax 700, ${table}`,
    `${head('Heap', 700)} DELETE off 2, blkref #0: rel 1663/16384/17000 blk 0`,
    `${head('Btree', 700)} INSERT_LEAF off 1, blkref #0: rel 1663/16384/16400 blk 1`,
    `${head('Transaction', 700)} COMMIT 2026-01-01 00:00:00.000000 UTC`,
  ]);
  expect(content).toEqual({
    records: 6,
    committed: 1,
    tables: [
      { tablespace: 1663, database: 16384, fileNode: 16390, inserted: 2, updated: 1, deleted: 0 },
      { tablespace: 1663, database: 16384, fileNode: 17000, inserted: 0, updated: 0, deleted: 1 },
    ],
  });
});

it('counts rows that came together, in the words of old and new versions', () => {
  const content = contentOf([
    `${head('Heap2', 700)} MULTI_INSERT 61 tuples flags 0x02, ${table}`,
    `${head('Heap2', 700)} MULTI_INSERT+INIT ntuples: 39, flags: 0x02, ${table}`,
    `${head('Transaction', 700)} COMMIT 2026-01-01 00:00:00.000000 UTC`,
  ]);
  expect(content.tables).toEqual([expect.objectContaining({ inserted: 100 })]);
});

it('leaves out what was rolled back or never ended, and counts what was committed behind a savepoint', () => {
  const content = contentOf([
    `${head('Heap', 700)} INSERT off 1 flags 0x00, ${table}`,
    `${head('Transaction', 700)} ABORT 2026-01-01 00:00:00.000000 UTC`,
    `${head('Heap', 701)} INSERT off 1 flags 0x00, ${table}`,
    `${head('Heap', 703)} INSERT off 1 flags 0x00, ${table}`,
    `${head('Transaction', 702)} COMMIT 2026-01-01 00:00:00.000000 UTC; subxacts: 703 704`,
    'something else',
  ]);
  expect(content).toMatchObject({ committed: 1, tables: [{ inserted: 1 }] });
});
