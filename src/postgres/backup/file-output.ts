/**
 * Writes files one after the other, takes their checksums and brings them to disk, all in the background: network,
 * checksums and disk work at the same time (docs/cloning.md has the figures).
 *
 * What arrives is collected in blocks, in which a large file goes on and small ones follow each other. A block is
 * written, then checked, and then filled anew.
 */
import pLimit from 'p-limit';
import { limits } from '../../limits.ts';
import { throwIfInterrupted } from '../../system/clock.ts';
import { flush } from '../../system/durable-file.ts';
import { type BackgroundFile, createBackgroundFile } from './background-file.ts';
import type { Checksums } from './checksums.ts';

export interface FileOutput {
  /** The new file that is written from now on, with these permission bits. */
  start(path: string, mode: number): void;
  /** Takes a copy of what follows. @throws the system's error of anything before */
  append(content: Uint8Array): void;
  /** Where too much waits to be written: settled when there is room again. */
  room(): Promise<void> | undefined;
  /** Takes the file over: it is written, synced and closed in the background. */
  end(): void;
  /**
   * Waits until all files, and these directories, are on disk.
   * @returns the CRC-32C of each file, in the order of the files
   * @throws the system's error, RepmgrError interrupted
   */
  finish(directories: readonly string[], signal: AbortSignal): Promise<readonly number[]>;
  /** Lets go of what is open. Without waiting for the disk, but no file appears any more when it is settled. */
  abandon(): Promise<void>;
}

interface CurrentFile {
  readonly path: string;
  readonly mode: number;
  /** Where what is not yet handed on begins in the block. */
  startInBlock: number;
  /** Of a file that went on when its block was full. */
  large: BackgroundFile | undefined;
}

interface BlockToFill {
  readonly bytes: Buffer<ArrayBuffer>;
  filled: number;
  /** Where in it files end. */
  readonly fileEnds: number[];
  /** Settled when what is in it was written. */
  readonly writes: Promise<void>[];
}

export function createFileOutput(checksums: Checksums): FileOutput {
  const limitFiles = pLimit(limits.parallelFiles);
  const limitSyncs = pLimit(limits.parallelSyncs);
  const tasks: Promise<void>[] = [];
  const opening = new Set<Promise<unknown>>();
  const freeMemory: ArrayBuffer[] = [];
  const found: number[] = [];
  let block = createBlock(freeMemory);
  /** Settled when the block before was handed on to be checked. */
  let handedOn: Promise<unknown> = Promise.resolve();
  let blocksUnderWay = 0;
  let file: CurrentFile | undefined;
  let failed: unknown;
  let isOver = false;
  let tellRoom = (): void => {};

  const inBackground = (task: Promise<void>): Promise<void> => {
    const noted = task.catch((error: unknown) => {
      failed ??= error;
      tellRoom();
    });
    tasks.push(noted);
    return noted;
  };
  const isFull = (): boolean =>
    blocksUnderWay >= limits.backupBlocksUnderWay || limitFiles.pendingCount >= limits.backupFilesWaiting;
  const noteProgress = (): void => {
    if (!isFull()) tellRoom();
  };
  const create = ({ path, mode }: CurrentFile): BackgroundFile => {
    const created = createBackgroundFile(path, mode);
    opening.add(created.opened);
    const forget = (): void => void opening.delete(created.opened);
    created.opened.then(forget, forget);
    return created;
  };
  /** What the block holds of the file and was not handed on. */
  const takeRest = (target: CurrentFile): Uint8Array => {
    const rest = block.bytes.subarray(target.startInBlock, block.filled);
    target.startInBlock = block.filled;
    return rest;
  };
  const passBlockOn = (): void => {
    const full = block;
    if (file !== undefined) {
      file.large ??= create(file);
      full.writes.push(inBackground(file.large.write(takeRest(file))));
      file.startInBlock = 0;
    }
    void inBackground(check(full));
    block = createBlock(freeMemory);
  };
  const check = async ({ bytes, filled, fileEnds, writes }: BlockToFill): Promise<void> => {
    blocksUnderWay += 1;
    const isMyTurn = Promise.all([handedOn, ...writes]);
    handedOn = isMyTurn;
    await isMyTurn;
    const checked = await checksums.check({ memory: bytes.buffer, lengthBytes: filled, fileEnds });
    found.push(...checked.checksums);
    freeMemory.push(checked.memory);
    blocksUnderWay -= 1;
    noteProgress();
  };
  const writeSmall = async (target: CurrentFile, content: Uint8Array): Promise<void> => {
    if (isOver) return;
    const small = create(target);
    try {
      await small.write(content);
    } catch (error) {
      await small.close();
      throw error;
    }
    noteProgress();
    if (limitSyncs.activeCount < limits.parallelSyncs) {
      void inBackground(makeDurable(small));
    } else {
      // It is opened again when its turn comes: not more files are open than are synced.
      await small.close();
      void inBackground(limitSyncs(async () => (isOver ? undefined : flush(small.path))));
    }
  };
  /** Nobody needs it on disk any more once it is over. */
  const makeDurable = async (written: BackgroundFile): Promise<void> => {
    try {
      await limitSyncs(async () => (isOver ? undefined : written.sync()));
    } finally {
      await written.close();
    }
  };
  const allTasks = async (): Promise<void> => {
    // One may begin another.
    for (let done = 0; done < tasks.length; done += 1) await tasks[done];
  };

  return {
    start: (path, mode) => {
      file = { path, mode, startInBlock: block.filled, large: undefined };
    },
    append: (content) => {
      if (failed !== undefined) throw failed;
      for (let offset = 0; file !== undefined && offset < content.length; ) {
        const piece = content.subarray(offset, offset + block.bytes.length - block.filled);
        block.bytes.set(piece, block.filled);
        block.filled += piece.length;
        offset += piece.length;
        if (block.filled === block.bytes.length) passBlockOn();
      }
    },
    room: () =>
      isFull() && failed === undefined
        ? new Promise((resolve) => {
            tellRoom = resolve;
          })
        : undefined,
    end: () => {
      if (file === undefined) return;
      const ended = file;
      const rest = takeRest(ended);
      file = undefined;
      block.fileEnds.push(block.filled);
      const { large } = ended;
      if (large === undefined) {
        block.writes.push(inBackground(limitFiles(writeSmall, ended, rest)));
      } else {
        const written = inBackground(large.write(rest));
        block.writes.push(written);
        void inBackground(written.then(() => makeDurable(large)));
      }
    },
    finish: async (directories, signal) => {
      const stop = (): void => {
        isOver = true;
      };
      signal.addEventListener('abort', stop, { once: true });
      passBlockOn();
      await allTasks();
      for (const path of directories) {
        void inBackground(limitSyncs(async () => (isOver ? undefined : flush(path))));
      }
      await allTasks();
      signal.removeEventListener('abort', stop);
      throwIfInterrupted(signal);
      if (failed !== undefined) throw failed;
      return found;
    },
    abandon: async () => {
      isOver = true;
      void file?.large?.close();
      file = undefined;
      await Promise.allSettled(opening);
    },
  };
}

function createBlock(freeMemory: ArrayBuffer[]): BlockToFill {
  const memory = freeMemory.pop() ?? new ArrayBuffer(limits.backupBlockBytes);
  return { bytes: Buffer.from(memory), filled: 0, fileEnds: [], writes: [] };
}
