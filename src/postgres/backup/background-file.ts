/** One new file that is written piece by piece in the background, while the next pieces still arrive. */
import { close, fchmod, fsync, open, writev } from 'node:fs';
import { promisify } from 'node:util';
import { limits } from '../../limits.ts';

export interface BackgroundFile {
  readonly path: string;
  /** Settled when it is there, or cannot be made. */
  readonly opened: Promise<unknown>;
  /**
   * Settled when the system has the piece, which must stay as it is until then.
   * @throws the system's error, also of anything before
   */
  write(piece: Uint8Array): Promise<void>;
  /** Brings to disk what was written. @throws the system's error */
  sync(): Promise<void>;
  /** Waits for what is under way. Never throws. Nothing may be written any more. */
  close(): Promise<void>;
}

/** The permissions with which PostgreSQL makes nearly all of its files. */
const usualMode = 0o600;
const [openFile, changeMode, writePieces, syncFile, closeFile] = [
  promisify(open),
  promisify(fchmod),
  promisify(writev),
  promisify(fsync),
  promisify(close),
];

/** @param mode permission bits */
export function createBackgroundFile(path: string, mode: number): BackgroundFile {
  const opened = createFile(path, mode);
  let waiting: Uint8Array[] = [];
  let position = 0;
  let syncedBytes = 0;
  let nextWrite: Promise<void> | undefined;
  let lastStep: Promise<unknown> = opened;
  let earlySync: Promise<void> | undefined;
  let failedSync: unknown;

  // One call at a time, for the system lets nobody else write to the file meanwhile: threads would only wait.
  const writeWaiting = async (): Promise<void> => {
    const pieces = waiting;
    waiting = [];
    nextWrite = undefined;
    const descriptor = await opened;
    position = await writeWhole(descriptor, pieces, position);
    if (position - syncedBytes >= limits.earlySyncBytes && earlySync === undefined) syncEarly(descriptor);
  };
  /** The disk begins with a large file before its end is there. */
  const syncEarly = (descriptor: number): void => {
    syncedBytes = position;
    earlySync = syncFile(descriptor)
      .catch((error: unknown) => {
        failedSync = error;
      })
      .then(() => {
        earlySync = undefined;
      });
  };

  return {
    path,
    opened,
    write: (piece) => {
      waiting.push(piece);
      if (nextWrite === undefined) {
        nextWrite = lastStep.then(writeWaiting);
        lastStep = nextWrite;
      }
      return nextWrite;
    },
    sync: async () => {
      await earlySync;
      // The system tells an error of the disk once only.
      if (failedSync !== undefined) throw failedSync;
      await syncFile(await opened);
    },
    close: async () => {
      await lastStep.catch(() => undefined);
      await earlySync;
      await opened.then(closeFile).catch(() => undefined);
    },
  };
}

async function createFile(path: string, mode: number): Promise<number> {
  const descriptor = await openFile(path, 'wx', usualMode);
  if (mode !== usualMode) await changeMode(descriptor, mode);
  return descriptor;
}

/** @returns where the next piece belongs */
async function writeWhole(descriptor: number, pieces: readonly Uint8Array[], start: number): Promise<number> {
  let position = start;
  let rest = pieces.filter(({ length }) => length > 0);
  while (rest.length > 0) {
    const { bytesWritten } = await writePieces(descriptor, rest, position);
    position += bytesWritten;
    rest = withoutFirst(rest, bytesWritten);
  }
  return position;
}

function withoutFirst(pieces: readonly Uint8Array[], byteCount: number): Uint8Array[] {
  let left = byteCount;
  return pieces.flatMap((piece) => {
    const taken = Math.min(left, piece.length);
    left -= taken;
    return taken === piece.length ? [] : [piece.subarray(taken)];
  });
}
