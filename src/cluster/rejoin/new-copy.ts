/**
 * An operator cloned this node. Its repmgrd may have given the data up, and must not take a directory that somebody only
 * moved to another disk for a new copy: so the clone leaves a note in state_directory of what it made.
 */
import { readFile, unlink } from 'node:fs/promises';
import { directoryMark } from '../../postgres/directory-mark.ts';
import { writeDurably } from '../../system/durable-file.ts';

/** Where there is no state_directory there was no repmgrd either. @throws the system's error */
export async function noteNewCopy(file: string, dataDirectory: string): Promise<void> {
  const mark = await directoryMark(dataDirectory);
  if (mark === undefined) return;
  await writeDurably(file, mark, { mode: 0o600 }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
}

/** Whether the note is about the directory of this mark. */
export async function isNewCopy(file: string, mark: string): Promise<boolean> {
  const noted = await readFile(file, 'utf8').catch(() => undefined);
  return noted === mark;
}

/** It holds once: what becomes of the copy later is another matter. */
export async function forgetNewCopy({ newCopyFile }: { readonly newCopyFile?: string }): Promise<void> {
  if (newCopyFile !== undefined) await unlink(newCopyFile).catch(() => undefined);
}
