/** What runs in the thread that takes checksums; scripts/build.mjs makes a program of its own of it. */
import { parentPort } from 'node:worker_threads';
import { createCrc32c } from '../crc32c.ts';
import { type Block, checkBlock } from './checksums.ts';

// Blocks that are sent before anybody listens wait.
void createCrc32c().then((crc32c) => {
  parentPort?.on('message', (block: Block) => {
    const checked = checkBlock(crc32c, block);
    parentPort?.postMessage(checked, [checked.memory]);
  });
});
