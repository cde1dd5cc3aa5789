/** CRC-32C (Castagnoli), the checksum of PostgreSQL's backup manifests. Node has CRC-32 only. */

/** Sixteen tables, so that 16 bytes are taken at a time: three times as fast as eight, and as fast as memory allows. */
const tables = makeTables();

/** Content is copied here first: only an aligned array can be read four bytes at a time. */
const words = new Int32Array(16 * 1024);
const bytesOfWords = new Uint8Array(words.buffer);

/** The checksum of no bytes yet, to go on from with `updateCrc32c`. */
export const emptyCrc32c = -1;

/** Continues the checksum `crc` with the bytes of `chunk`. Expects a little-endian machine. */
export function updateCrc32c(crc: number, chunk: Uint8Array): number {
  let value = crc;
  for (let start = 0; start < chunk.length; start += bytesOfWords.length) {
    value = updateWithPiece(value, chunk.subarray(start, start + bytesOfWords.length));
  }
  return value;
}

function updateWithPiece(crc: number, piece: Uint8Array): number {
  bytesOfWords.set(piece, 0);
  const lastWord = (piece.length >>> 4) * 4;
  let value = crc;
  for (let index = 0; index < lastWord; index += 4) {
    value =
      lookUp(12, value ^ at(words, index)) ^
      lookUp(8, at(words, index + 1)) ^
      lookUp(4, at(words, index + 2)) ^
      lookUp(0, at(words, index + 3));
  }
  for (let index = lastWord * 4; index < piece.length; index += 1) {
    value = (value >>> 8) ^ at(tables, (value ^ (piece[index] ?? 0)) & 0xff);
  }
  return value;
}

/** The four tables from `table` on, for the four bytes of one word. */
function lookUp(table: number, word: number): number {
  const base = table * 256;
  return (
    at(tables, base + 768 + (word & 0xff)) ^
    at(tables, base + 512 + ((word >>> 8) & 0xff)) ^
    at(tables, base + 256 + ((word >>> 16) & 0xff)) ^
    at(tables, base + (word >>> 24))
  );
}

/** The finished checksum as the manifest writes it: hexadecimal, lowest byte first. */
export function formatCrc32c(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(~crc);
  return bytes.toString('hex');
}

/** Never called with bytes: for the compiler to make it fast, it must see one type of array only. */
function at(values: Int32Array, index: number): number {
  return values[index] ?? 0;
}

function makeTables(): Int32Array {
  const polynomial = 0x82f63b78;
  const made = new Int32Array(16 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      value = (value & 1) === 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    }
    made[byte] = value;
  }
  for (let index = 256; index < made.length; index += 1) {
    const previous = at(made, index - 256);
    made[index] = (previous >>> 8) ^ at(made, previous & 0xff);
  }
  return made;
}
