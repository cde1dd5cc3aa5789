/** How V8 treats a program that sleeps nearly all of the time. */
import { setFlagsFromString } from 'node:v8';

/** Bytes of bytecode that a function runs before it is optimized; V8 takes 66 kB, which a heartbeat a second exceeds soon. */
const optimizedAfterBytes = 1_350_000;

/**
 * Leaves optimization to loops, such as those that read WAL. It takes longer than what a repmgrd does in an hour with a
 * function that runs a few times a second, and as much memory as that.
 */
export function optimizeOnlyWhatIsBusy(): void {
  setFlagsFromString(`--interrupt-budget=${optimizedAfterBytes}`);
}
