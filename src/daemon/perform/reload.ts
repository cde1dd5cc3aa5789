/** Makes the own server read its settings files again: by a signal, which needs no connection and no program. */
import { findPostmaster, type Postmaster } from '../../postgres/postmaster.ts';
import type { ServerPlace } from '../observe/server-place.ts';

/** @returns the postmaster that was told; undefined where none runs */
export async function reload({ dataDirectory }: ServerPlace): Promise<Postmaster | undefined> {
  const postmaster = await findPostmaster(dataDirectory);
  if (postmaster !== undefined) signal(postmaster.pid, 'SIGHUP');
  return postmaster;
}

/** A process that has ended meanwhile is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
