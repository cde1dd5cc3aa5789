/**
 * Reads the tar streams of a base backup: ustar headers, as PostgreSQL writes them. Synchronous on purpose, so that a
 * chunk of the connection's buffer is used before that buffer is filled anew (docs/cloning.md has the figures).
 */

export interface TarEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'symbolic link';
  readonly sizeBytes: number;
  readonly mode: number;
  /** Of a symbolic link; empty otherwise. */
  readonly linkTarget: string;
}

export interface TarHandlers {
  onEntry(entry: TarEntry): void;
  /** A piece of the entry's content; valid only during the call. */
  onContent(chunk: Buffer): void;
  onEntryEnd(): void;
}

export interface TarReader {
  /** @throws Error on a damaged header */
  write(chunk: Buffer): void;
  /** @throws Error where the stream ended within an entry */
  end(): void;
}

const blockBytes = 512;

/** Gives the entries of one tar stream, which may arrive in chunks of any size, to `handlers`. */
export function createTarReader(handlers: TarHandlers): TarReader {
  const header = Buffer.alloc(blockBytes);
  let headerBytes = 0;
  let contentLeft = 0;
  let paddingLeft = 0;

  const readHeader = (): void => {
    headerBytes = 0;
    if (header.every((byte) => byte === 0)) {
      return;
    }
    const entry = parseHeader(header);
    handlers.onEntry(entry);
    contentLeft = entry.sizeBytes;
    paddingLeft = (blockBytes - (entry.sizeBytes % blockBytes)) % blockBytes;
    if (contentLeft === 0) {
      handlers.onEntryEnd();
    }
  };

  return {
    write: (chunk) => {
      let offset = 0;
      while (offset < chunk.length) {
        const available = chunk.length - offset;
        if (contentLeft > 0) {
          const taken = Math.min(contentLeft, available);
          handlers.onContent(chunk.subarray(offset, offset + taken));
          contentLeft -= taken;
          offset += taken;
          if (contentLeft === 0) {
            handlers.onEntryEnd();
          }
        } else if (paddingLeft > 0) {
          const taken = Math.min(paddingLeft, available);
          paddingLeft -= taken;
          offset += taken;
        } else {
          const taken = Math.min(blockBytes - headerBytes, available);
          chunk.copy(header, headerBytes, offset, offset + taken);
          headerBytes += taken;
          offset += taken;
          if (headerBytes === blockBytes) {
            readHeader();
          }
        }
      }
    },
    end: () => {
      if (contentLeft > 0 || headerBytes > 0) {
        throw new Error('the tar stream ends in the middle of an entry');
      }
    },
  };
}

function parseHeader(header: Buffer): TarEntry {
  const stored = parseNumber(header, 148, 8);
  if (stored !== checksum(header)) {
    throw new Error('the tar stream is damaged: a header has a wrong checksum');
  }
  const prefix = parseText(header, 345, 155);
  const name = parseText(header, 0, 100);
  const kind = parseKind(header[156] ?? 0);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    kind,
    sizeBytes: kind === 'file' ? parseNumber(header, 124, 12) : 0,
    mode: parseNumber(header, 100, 8),
    linkTarget: parseText(header, 157, 100),
  };
}

function parseKind(flag: number): TarEntry['kind'] {
  switch (String.fromCharCode(flag)) {
    case '0':
    case '\0':
      return 'file';
    case '5':
      return 'directory';
    case '2':
      return 'symbolic link';
    default:
      throw new Error(`the tar stream holds an entry of the unknown kind ${flag}`);
  }
}

function parseText(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

/** Octal digits, or big-endian binary where the first bit is set (files of 8 GB and more). */
function parseNumber(header: Buffer, start: number, length: number): number {
  if (((header[start] ?? 0) & 0x80) !== 0) {
    return header.subarray(start + 1, start + length).reduce((value, byte) => value * 256 + byte, 0);
  }
  const digits = parseText(header, start, length).trim();
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function checksum(header: Buffer): number {
  const blanks = 8 * 0x20;
  return header.reduce((sum, byte, index) => (index >= 148 && index < 156 ? sum : sum + byte), blanks);
}
