/** The checksums of the files of a base backup, whose contents follow each other in blocks. */
import type { Crc32c } from '../crc32c.ts';

export interface Block {
  readonly memory: ArrayBuffer;
  /** What it holds, from its beginning on. */
  readonly lengthBytes: number;
  /** How many bytes of it are in front of the end of each file that ends in it. */
  readonly fileEnds: readonly number[];
}

export interface CheckedBlock {
  readonly memory: ArrayBuffer;
  /** CRC-32C of the files that end in the block. */
  readonly checksums: readonly number[];
}

export interface Checksums {
  /** Goes on with the next block. Takes its memory over, and gives it back with what was found. */
  check(block: Block): Promise<CheckedBlock>;
}

/** @param crc32c of nobody else, at the place where the block before ended */
export function checkBlock(crc32c: Crc32c, { memory, lengthBytes, fileEnds }: Block): CheckedBlock {
  const content = new Uint8Array(memory, 0, lengthBytes);
  let start = 0;
  const checksums = fileEnds.map((end) => {
    crc32c.update(content.subarray(start, end));
    start = end;
    const checksum = crc32c.finish();
    crc32c.restart();
    return checksum;
  });
  crc32c.update(content.subarray(start));
  return { memory, checksums };
}
