/** Brings files to disk while further ones arrive, so that the disk works at the same time as the network. */
import { closeSync, fsync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { limits } from '../../limits.ts';

export interface FileSync {
  /** Begins to bring to disk what an open file holds so far; does nothing where that is under way. */
  begin(descriptor: number): void;
  /** Closes a file that is complete, at once or when it is on disk. */
  close(file: { readonly descriptor: number; readonly path: string; readonly sizeBytes: number }): void;
  /** Waits until all files, and these directories, are on disk. @throws the system's error, RepmgrError interrupted */
  finish(directories: readonly string[], signal: AbortSignal): Promise<void>;
}

const fsyncDescriptor = promisify(fsync);

export function createFileSync(): FileSync {
  const underWay = new Map<number, Promise<void>>();
  const later: string[] = [];
  let failed: unknown;

  const sync = (descriptor: number): void => {
    const before = underWay.get(descriptor) ?? Promise.resolve();
    const promise = before
      .then(() => fsyncDescriptor(descriptor))
      .catch((error: unknown) => {
        failed ??= error;
      })
      .finally(() => {
        if (underWay.get(descriptor) === promise) underWay.delete(descriptor);
      });
    underWay.set(descriptor, promise);
  };

  return {
    begin: (descriptor) => {
      if (!underWay.has(descriptor) && underWay.size < limits.earlySyncs) sync(descriptor);
    },
    close: ({ descriptor, path, sizeBytes }) => {
      const isLarge = sizeBytes >= limits.earlySyncBytes && underWay.size < limits.earlySyncs;
      if (isLarge || underWay.has(descriptor)) {
        sync(descriptor);
        void underWay.get(descriptor)?.then(() => closeSync(descriptor));
        return;
      }
      closeSync(descriptor);
      later.push(path);
    },
    finish: async (directories, signal) => {
      await Promise.all(underWay.values());
      await syncAll([...later, ...directories], signal);
      if (failed !== undefined) throw failed;
    },
  };
}

async function syncAll(paths: readonly string[], signal: AbortSignal): Promise<void> {
  const queue = [...paths];
  const work = async (): Promise<void> => {
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      signal.throwIfAborted();
      const handle = await open(path, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
  };
  await Promise.all(Array.from({ length: limits.parallelSyncs }, work));
}
