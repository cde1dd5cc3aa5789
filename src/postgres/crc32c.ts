/** CRC-32C, the checksum of WAL records, of pg_control and of backup manifests; by hash-wasm. */
import { createCRC32, type IHasher } from 'hash-wasm';

/** The polynomial of Castagnoli, bits reversed. */
const castagnoli = 0x82f63b78;
const hasher = await createCRC32(castagnoli);

/** The checksum of several pieces as if they were one. */
export function crc32c(...pieces: readonly Uint8Array[]): number {
  hasher.init();
  for (const piece of pieces) hasher.update(piece);
  return numberOf(hasher);
}

/** The checksums of long content, one after the other. */
export interface Crc32c {
  /** Begins anew. */
  restart(): void;
  update(content: Uint8Array): void;
  finish(): number;
}

export async function createCrc32c(): Promise<Crc32c> {
  const own = await createCRC32(castagnoli);
  return {
    restart: () => void own.init(),
    update: (content) => void own.update(content),
    finish: () => numberOf(own),
  };
}

/** It gives the highest byte first. */
function numberOf(finished: IHasher): number {
  return Buffer.from(finished.digest('binary')).readUInt32BE();
}
