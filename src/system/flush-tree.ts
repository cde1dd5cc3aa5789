/** Brings everything below a directory to disk. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '../limits.ts';
import { throwIfInterrupted } from './clock.ts';
import { flush } from './durable-file.ts';

/** Files first, then the directories that hold them. @throws the system's error; RepmgrError interrupted */
export async function flushTree(directory: string, signal: AbortSignal): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = (isWanted: (entry: (typeof entries)[number]) => boolean) =>
    entries.filter(isWanted).map((entry) => join(entry.parentPath, entry.name));
  await flushAll(
    paths((entry) => entry.isFile()),
    signal,
  );
  await flushAll([...paths((entry) => entry.isDirectory()), directory], signal);
}

async function flushAll(paths: readonly string[], signal: AbortSignal): Promise<void> {
  const waiting = paths.values();
  const work = async (): Promise<void> => {
    for (const path of waiting) {
      throwIfInterrupted(signal);
      await flush(path);
    }
  };
  await Promise.all(Array.from({ length: limits.parallelSyncs }, work));
}
