/**
 * Remembers that a server was proven to have no WAL receiver, for as long as nothing can have started another one: the
 * same postmaster, and the same file of settings, which is never changed in place.
 */
import { stat } from 'node:fs/promises';
import type { Postmaster } from '../../postgres/postmaster.ts';
import { walReceiversOf } from '../../postgres/wal-receiver-process.ts';
import type { ServerPlace } from '../observe/server-place.ts';
import { standbySettings } from './receiver-settings.ts';

export class FreezeProof {
  #proven: string | undefined;

  /** Whether what was proven before still is; a receiver that is there nevertheless is looked for, too. */
  async holds(mark: string | undefined, { pid }: Postmaster): Promise<boolean> {
    return mark !== undefined && mark === this.#proven && (await walReceiversOf(pid)).length === 0;
  }

  /** @param mark as it was before the settings were read */
  note(mark: string | undefined): void {
    this.#proven = mark;
  }
}

/** What a proof is good for. @returns undefined where the settings cannot be looked at */
export async function markOf(place: ServerPlace, { pid, lockFile }: Postmaster): Promise<string | undefined> {
  const file = await stat(standbySettings(place).path, { bigint: true }).catch(() => undefined);
  return file && [pid, lockFile.startedAt, file.dev, file.ino, file.ctimeNs].join(' ');
}
