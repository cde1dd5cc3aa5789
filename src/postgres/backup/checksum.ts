/** The checksum of a file that arrives in pieces. */
import { emptyCrc32c, formatCrc32c, updateCrc32c } from './crc32c.ts';

export interface ChecksumOfFile {
  readonly sizeBytes: number;
  /** Hexadecimal, as the manifest writes it. */
  readonly crc32c: string;
}

/** Starts the CRC-32C of a file: the algorithm that our BASE_BACKUP asks the server for. */
export function startChecksum(): { update(chunk: Uint8Array): void; finish(): string } {
  let value = emptyCrc32c;
  return {
    update: (chunk) => {
      value = updateCrc32c(value, chunk);
    },
    finish: () => formatCrc32c(value),
  };
}
