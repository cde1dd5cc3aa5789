/**
 * Takes checksums in a thread of their own, since they are the most work of all that a base backup makes here. Blocks
 * are handed over and back instead of shared: V8 copies into shared memory byte by byte.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { builtProgramDirectory } from '../../system/built-programs.ts';
import type { Block, CheckedBlock, Checksums } from './checksums.ts';

export interface ChecksumThread extends Checksums {
  end(): Promise<void>;
}

interface WaitingBlock {
  readonly resolve: (checked: CheckedBlock) => void;
  readonly reject: (error: unknown) => void;
}

/** @throws RepmgrError command_missing where the built programs, which have the thread beside them, are not there */
export function startChecksumThread(): ChecksumThread {
  const worker = new Worker(join(builtProgramDirectory(), 'checksums.cjs'));
  let waiting: WaitingBlock[] = [];
  let ended: unknown;
  const giveUp = (error: unknown): void => {
    ended ??= error;
    for (const block of waiting) block.reject(ended);
    waiting = [];
  };
  // It answers in the order in which it was asked.
  worker.on('message', (checked: CheckedBlock) => waiting.shift()?.resolve(checked));
  worker.on('error', giveUp);
  worker.on('exit', () => giveUp(new Error('the thread that takes checksums has ended')));
  return {
    check: (block: Block) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(ended);
          return;
        }
        waiting.push({ resolve, reject });
        worker.postMessage(block, [block.memory]);
      }),
    end: async () => void (await worker.terminate()),
  };
}
