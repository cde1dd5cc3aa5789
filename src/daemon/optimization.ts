/** How V8 treats a program that sleeps nearly all of the time. */
import { setFlagsFromString } from 'node:v8';

/** Bytes of bytecode that a function runs before it is optimized; V8 takes 66 kB, which a heartbeat a second exceeds soon. */
const optimizedAfterBytes = 1_350_000;

/**
 * Leaves optimization to loops, such as those that read WAL. It takes longer than what a repmgrd does in an hour with a
 * function that runs a few times a second, and as much memory as that. Machine code of all that ran a few times would be
 * another 2 MB after some failovers, and saves nothing that can be measured.
 */
export function optimizeOnlyWhatIsBusy(): void {
  setFlagsFromString(`--interrupt-budget=${optimizedAfterBytes}`);
  setFlagsFromString('--no-sparkplug');
}

/** Its young objects are a megabyte: to wake other threads takes longer than to collect them alone. */
export function collectInOneThread(): void {
  setFlagsFromString('--no-parallel-scavenge');
}
