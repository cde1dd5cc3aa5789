/** Copies the source into the places of a clone, in the way that was planned. */
import { takeBackupByProtocol } from '../../postgres/backup/protocol.ts';
import type { Places } from './copy-place.ts';
import type { CloneContext } from './execute.ts';
import { replicationConninfo } from './source.ts';

/** How far the copy is, in bytes. */
export interface CopyProgress {
  onStart(totalBytes: number): void;
  onProgress(copiedBytes: number): void;
  onEnd(isDone: boolean): void;
}

/** @throws RepmgrError base_backup_failed, backup_verification_failed, of connecting, interrupted */
export async function takeCopy(context: CloneContext, [main, ...tablespaces]: Places): Promise<void> {
  const { wish, plan, progress, signal, log } = context;
  let isDone = false;
  try {
    const { verifiedFiles } = await takeBackupByProtocol({
      source: replicationConninfo(wish),
      dataDirectory: main.workplace,
      tablespaces: plan.tablespaces.map((tablespace, index) => ({
        ...tablespace,
        workplace: tablespaces[index]?.workplace ?? tablespace.to,
      })),
      label: backupLabel,
      isCheckpointFast: wish.copy.isCheckpointFast,
      usesTemporarySlot: plan.usesTemporarySlot,
      onStart: (bytes) => progress.onStart(bytes),
      onProgress: (bytes) => progress.onProgress(bytes),
      signal,
    });
    isDone = true;
    if (verifiedFiles !== undefined) log.info(`${verifiedFiles} files agree with the backup manifest`);
  } finally {
    progress.onEnd(isDone);
  }
}

/** Shows in backup_label, and in the log of the source where it logs replication commands. */
const backupLabel = 'repmgr base backup';
