/** Files that are there, whole, after a crash of the host: either the old text or the new one, never half of it. */
import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface DurableFileOptions {
  /** Permission bits of the new file, whatever the umask is. */
  readonly mode: number;
}

/**
 * Writes a new file beside `path`, flushes it, renames it over `path` and flushes the directory: the order that
 * PostgreSQL itself keeps (durable_rename in its source).
 * @throws the system's error (EACCES, ENOSPC, ...); `path` is then as it was
 */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  options: DurableFileOptions,
): Promise<void> {
  const opening = open(dirname(path), 'r');
  try {
    // Each step waits for one of Node's threads: what can be done beside another is.
    await Promise.all([replace(path, content, { ...options, isFlushed: true }), opening]);
    await (await opening).sync();
  } finally {
    await opening.then(
      (directory) => directory.close(),
      () => undefined,
    );
  }
}

/**
 * The same without waiting for the disk: no reader ever sees half of it, but a crash of the host may bring the old
 * text back.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: DurableFileOptions,
): Promise<void> {
  await replace(path, content, { ...options, isFlushed: false });
}

/** Brings to disk what was written to a file, or what was created, renamed and deleted in a directory. */
export async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface Replacement extends DurableFileOptions {
  readonly isFlushed: boolean;
}

async function replace(
  path: string,
  content: string | Uint8Array,
  { mode, isFlushed }: Replacement,
): Promise<void> {
  const temporaryPath = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.new`);
  try {
    const file = await open(temporaryPath, 'wx', mode);
    try {
      await Promise.all([file.chmod(mode), file.writeFile(content)]);
      if (isFlushed) await file.sync();
      await rename(temporaryPath, path);
    } finally {
      await file.close();
    }
  } catch (error) {
    await unlink(temporaryPath).catch(() => undefined);
    throw error;
  }
}
