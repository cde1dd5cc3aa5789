/** CRC-32C, the checksum of WAL records, of pg_control and of backup manifests; by hash-wasm. */
import { createCRC32, type IHasher } from 'hash-wasm';

/** The polynomial of Castagnoli, bits reversed. */
const castagnoli = 0x82f63b78;

/** The checksums of contents, one after the other. */
export interface Crc32c {
  /** Of several pieces as if they were one. */
  of(...pieces: readonly Uint8Array[]): number;
  /** Begins anew. */
  restart(): void;
  update(content: Uint8Array): void;
  finish(): number;
}

/** Takes a moment: it compiles WebAssembly. */
export async function createCrc32c(): Promise<Crc32c> {
  const hasher = await createCRC32(castagnoli);
  return {
    of(...pieces) {
      hasher.init();
      for (const piece of pieces) hasher.update(piece);
      return numberOf(hasher);
    },
    restart: () => void hasher.init(),
    update: (content) => void hasher.update(content),
    finish: () => numberOf(hasher),
  };
}

/** It gives the highest byte first. */
function numberOf(finished: IHasher): number {
  return Buffer.from(finished.digest('binary')).readUInt32BE();
}
