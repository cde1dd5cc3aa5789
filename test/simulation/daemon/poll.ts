/** Waiting for a condition of the local server, as a driver does: by asking again, up to a deadline. */
import type { Daemon } from './daemon.ts';

const pollMs = 5;

/** Asks for the first time a little later, never at once. */
export function poll(
  daemon: Daemon,
  withinMs: number,
  isReached: () => boolean,
  done: (wasReached: boolean) => void,
): void {
  const { schedule, random } = daemon.world;
  const deadline = schedule.now + withinMs;
  const look = () => {
    if (isReached()) done(true);
    else if (schedule.now >= deadline) done(false);
    // Long waits are watched less closely.
    else schedule.after(Math.max(pollMs, (schedule.now - deadline + withinMs) / 10), daemon.process, look);
  };
  schedule.after(random.between(1, pollMs), daemon.process, look);
}
