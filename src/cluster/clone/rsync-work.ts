/** What the parts of a copy by rsync work with. */
import { copyByRsync, type RsyncCopy } from '../../system/rsync.ts';
import type { CloneContext } from './context.ts';
import type { ClonePlaces } from './places.ts';
import type { PlannedRsync } from './plan-rsync.ts';

export interface RsyncWork {
  readonly context: CloneContext;
  readonly places: ClonePlaces;
  readonly method: PlannedRsync;
  /**
   * Copies one directory of the source's host, which shows in the progress.
   * @throws RepmgrError rsync_failed, of the codes `ssh_...`, interrupted
   */
  copy(part: Pick<RsyncCopy, 'from' | 'to' | 'rules' | 'sameFilesIn'>, signal: AbortSignal): Promise<void>;
}

export function createRsyncWork(context: CloneContext, places: ClonePlaces, method: PlannedRsync): RsyncWork {
  const { progress, facts } = context;
  let copiedBytes = 0;
  let isStarted = false;
  return {
    context,
    places,
    method,
    copy: async (part, signal) => {
      if (!isStarted) {
        const sizes = facts.source.tablespaces.map(({ sizeBytes }) => sizeBytes ?? 0);
        progress.onStart(sizes.reduce((sum, size) => sum + size, 0));
      }
      isStarted = true;
      await copyByRsync({
        ...part,
        target: method.target,
        options: method.options,
        onFile: (sizeBytes) => {
          copiedBytes += sizeBytes;
          progress.onProgress(copiedBytes);
        },
        signal,
      });
    },
  };
}
