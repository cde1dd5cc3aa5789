/** Whether what is copied fits where it goes; directories on one device share its space. Pure. */
import { failure } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { formatSize } from '../../model/size.ts';
import type { DirectoryInspection } from '../../postgres/data-directory.ts';
import type { CloneFacts } from './inspect.ts';
import type { CloneWish } from './wish.ts';

/**
 * What is replaced is kept until the end, so it frees nothing; but rsync takes over what of it is the same, and nobody
 * knows before how much that is.
 * What the role may not see counts as nothing (remarks.ts tells that).
 * @throws RepmgrError clone_target_too_small
 */
export function refuseLackOfSpace({ source, target, tablespaceTargets }: CloneFacts, wish: CloneWish): void {
  const needs = source.tablespaces.map(({ location, sizeBytes }) => {
    const directory = tablespaceTargets.get(location)?.directory ?? target.directory;
    const isTakenOver = wish.copy.method === 'rsync' && !['absent', 'empty'].includes(directory.content.kind);
    return { directory, sizeBytes: isTakenOver ? 0 : sizeBytes };
  });
  for (const device of new Set(needs.map(({ directory }) => directory.device))) {
    const here = needs.filter(({ directory }) => directory.device === device);
    const neededBytes = here.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), limits.cloneSpareBytes);
    const freeBytes = Math.min(...here.map(({ directory }) => directory.freeBytes));
    if (neededBytes > freeBytes) throw tooSmall(here[0]?.directory, neededBytes, freeBytes);
  }
}

function tooSmall(directory: DirectoryInspection | undefined, neededBytes: number, freeBytes: number): Error {
  return failure('clone_target_too_small', {
    message: `there is not enough space for the clone in "${directory?.path ?? ''}"`,
    detail: `It needs ${formatSize(neededBytes)} (${formatSize(limits.cloneSpareBytes)} of them for WAL); ${formatSize(freeBytes)} are free.`,
    hint: `Make room, or clone into another directory: df -h "${directory?.path ?? ''}"`,
  });
}
