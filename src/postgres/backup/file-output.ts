/**
 * Writes files one after the other and brings them to disk, both in the background: network, checksums and disk work
 * at the same time (docs/cloning.md has the figures).
 */
import { closeSync, fsync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { limits } from '../../limits.ts';
import { throwIfInterrupted } from '../../system/clock.ts';
import { flush } from '../../system/durable-file.ts';

export interface FileOutput {
  /** The file that is written from now on, empty and open for writing. */
  start(descriptor: number, path: string): void;
  /** Takes a copy of what follows. @throws the system's error of anything before */
  append(content: Uint8Array): void;
  /** Where too much waits to be written: settled when there is room again. */
  room(): Promise<void> | undefined;
  /** Takes the file over: it is written, synced and closed in the background. */
  end(): void;
  /** Waits until all files, and these directories, are on disk. @throws the system's error, RepmgrError interrupted */
  finish(directories: readonly string[], signal: AbortSignal): Promise<void>;
  /** Lets go of what is open, without waiting for the disk. */
  abandon(): void;
}

interface CurrentFile {
  readonly descriptor: number;
  readonly path: string;
  /** Bytes that were handed to the system, or are on their way. */
  position: number;
  readonly writes: Promise<void>[];
}

const syncDescriptor = promisify(fsync);
const writeBlock = promisify(write);

export function createFileOutput(): FileOutput {
  const limitSyncs = pLimit(limits.parallelSyncs);
  const syncs: Promise<void>[] = [];
  const freeBlocks: Buffer[] = [];
  let file: CurrentFile | undefined;
  let block: Buffer = Buffer.allocUnsafeSlow(limits.backupBlockBytes);
  let filled = 0;
  let blocksUnderWay = 0;
  let failed: unknown;
  let isOver = false;
  let tellRoom = (): void => {};

  const note = (error: unknown): void => {
    failed ??= error;
  };
  const sync = (task: () => Promise<void>): void => {
    syncs.push(limitSyncs(task).catch(note));
  };
  /** Nobody needs it on disk any more once it is over. */
  const syncLater = (path: string): void => sync(async () => (isOver ? undefined : flush(path)));
  const send = (target: CurrentFile): void => {
    if (filled === 0) return;
    const [full, length, position] = [block, filled, target.position];
    target.position += length;
    blocksUnderWay += 1;
    const written = writeWhole(target.descriptor, full.subarray(0, length), position)
      .catch(note)
      .then(() => {
        blocksUnderWay -= 1;
        freeBlocks.push(full);
        tellRoom();
      });
    target.writes.push(written);
    block = freeBlocks.pop() ?? Buffer.allocUnsafeSlow(limits.backupBlockBytes);
    filled = 0;
    if (target.position % limits.earlySyncBytes === 0) syncSoFar(target);
  };
  /** The disk begins with a large file before its end is there. */
  const syncSoFar = (target: CurrentFile): void => {
    const before = Promise.all(target.writes.splice(0));
    target.writes.push(before.then(() => syncDescriptor(target.descriptor)).catch(note));
  };

  return {
    start: (descriptor, path) => {
      file = { descriptor, path, position: 0, writes: [] };
    },
    append: (content) => {
      if (failed !== undefined) throw failed;
      for (let offset = 0; file !== undefined && offset < content.length; ) {
        const piece = content.subarray(offset, offset + block.length - filled);
        block.set(piece, filled);
        filled += piece.length;
        offset += piece.length;
        if (filled === block.length) send(file);
      }
    },
    room: () =>
      blocksUnderWay < limits.backupBlocksUnderWay
        ? undefined
        : new Promise((resolve) => {
            tellRoom = resolve;
          }),
    end: () => {
      if (file === undefined) return;
      const { descriptor, path, position, writes } = file;
      const isSmall = position === 0;
      if (isSmall) writeWholeNow(descriptor, block.subarray(0, filled));
      else send(file);
      filled = 0;
      file = undefined;
      if (isSmall && limitSyncs.activeCount >= limits.parallelSyncs) {
        // It is opened again when its turn comes: not more files are open than are synced.
        closeSync(descriptor);
        syncLater(path);
        return;
      }
      sync(async () => {
        await Promise.all(writes);
        try {
          if (!isOver) await syncDescriptor(descriptor);
        } finally {
          closeSync(descriptor);
        }
      });
    },
    finish: async (directories, signal) => {
      const stop = (): void => {
        isOver = true;
      };
      signal.addEventListener('abort', stop, { once: true });
      for (const path of directories) syncLater(path);
      await Promise.all(syncs);
      signal.removeEventListener('abort', stop);
      throwIfInterrupted(signal);
      if (failed !== undefined) throw failed;
    },
    abandon: () => {
      isOver = true;
      if (file === undefined) return;
      const { descriptor, writes } = file;
      file = undefined;
      void Promise.all(writes).finally(() => closeSync(descriptor));
    },
  };
}

async function writeWhole(descriptor: number, content: Buffer, position: number): Promise<void> {
  for (let offset = 0; offset < content.length; ) {
    const { bytesWritten } = await writeBlock(
      descriptor,
      content,
      offset,
      content.length - offset,
      position + offset,
    );
    offset += bytesWritten;
  }
}

function writeWholeNow(descriptor: number, content: Buffer): void {
  for (let offset = 0; offset < content.length; ) {
    offset += writeSync(descriptor, content, offset);
  }
}
