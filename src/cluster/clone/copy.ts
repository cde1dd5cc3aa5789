/** Copies the source into the places of a clone, in the way that was planned. */
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { takeBackupByProgram } from '../../postgres/backup/pg-basebackup.ts';
import type { CloneContext } from './context.ts';
import type { ClonePlaces } from './places.ts';
import type { PlannedRsync } from './plan-rsync.ts';
import { replicationConninfo } from './source.ts';

/** @throws RepmgrError base_backup_failed, backup_verification_failed, rsync_failed, of connecting and SSH, interrupted */
export async function takeCopy(context: CloneContext, places: ClonePlaces): Promise<void> {
  const { progress, facts } = context;
  const walName = facts.source.version.capabilities.walNames.directory;
  let isDone = false;
  try {
    const { method } = context.plan;
    if (method.name === 'protocol') await copyByProtocol(context, places, walName);
    else if (method.name === 'rsync') await copyByRsync(context, places, method);
    else await copyByProgram(context, places);
    isDone = true;
  } finally {
    progress.onEnd(isDone);
  }
}

async function copyByProtocol(context: CloneContext, places: ClonePlaces, walName: string): Promise<void> {
  const { takeBackupByProtocol } = await import('../../postgres/backup/protocol.ts');
  const { main, wal } = places;
  const { method } = context.plan;
  if (wal !== undefined) await symlink(wal.workplace, join(main.workplace, walName));
  const { verifiedFiles } = await takeBackupByProtocol({
    ...commonParts(context, places),
    usesTemporarySlot: method.name === 'protocol' && method.usesTemporarySlot,
  });
  if (verifiedFiles !== undefined) {
    context.log.info(`${verifiedFiles} files agree with the manifest of the base backup`);
  }
}

async function copyByRsync(context: CloneContext, places: ClonePlaces, method: PlannedRsync): Promise<void> {
  const { copyWithRsync } = await import('./copy-by-rsync.ts');
  await copyWithRsync(context, places, method);
}

async function copyByProgram(context: CloneContext, places: ClonePlaces): Promise<void> {
  const { method } = context.plan;
  if (method.name !== 'pg_basebackup') return;
  await takeBackupByProgram({
    ...commonParts(context, places),
    program: method.program,
    walDirectory: places.wal?.workplace,
    wal: method.wal,
    furtherOptions: method.options.words,
    onMessage: (line) => context.log.info(line),
  });
}

function commonParts({ wish, progress, signal }: CloneContext, { main, tablespaces }: ClonePlaces) {
  return {
    source: replicationConninfo(wish),
    dataDirectory: main.workplace,
    tablespaces,
    // Shows in backup_label.
    label: 'repmgr base backup',
    isCheckpointFast: wish.copy.isCheckpointFast,
    onStart: (totalBytes: number) => progress.onStart(totalBytes),
    onProgress: (copiedBytes: number) => progress.onProgress(copiedBytes),
    signal,
  };
}
