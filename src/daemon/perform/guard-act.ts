/** What a guard leaves behind that ended PostgreSQL: the next repmgrd tells of it, since nobody else can. */
import { readFile, unlink } from 'node:fs/promises';

/** @param file the guard's note @returns when it did so, once; undefined where it did not since it was asked last */
export async function takeGuardAct(file: string): Promise<Date | undefined> {
  const path = `${file}.acted`;
  const text = await readFile(path, 'latin1').catch(() => '');
  const seconds = Number(text.trim());
  if (text === '' || !Number.isSafeInteger(seconds)) return undefined;
  await unlink(path).catch(() => undefined);
  return new Date(seconds * 1000);
}
