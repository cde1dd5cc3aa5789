/** What `daemon start` and `daemon stop` share: the command that does it, and waiting for what comes of it. */
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { redactConninfo } from '../model/conninfo.ts';
import type { CommandResult } from '../system/command.ts';
import { waitUntil } from '../system/clock.ts';
import type { CommandContext } from './command.ts';

/** @throws RepmgrError daemon_service_failed, where the command did not end with 0 */
export function refuseServiceFailure(
  message: string,
  { exitCode, stderr, stdout, timedOut }: CommandResult,
): void {
  if (exitCode === 0) return;
  const said = redactConninfo((stderr.trim() || stdout.trim()).slice(-2000));
  throw failure('daemon_service_failed', {
    message,
    detail: [timedOut ? 'The command took too long.' : `The command ended with code ${exitCode}.`, said]
      .filter(Boolean)
      .join('\n'),
    hint: 'Run the command by hand; it is repmgrd_service_start_command or repmgrd_service_stop_command of repmgr.conf.',
  });
}

/** @returns what `look` gave; undefined: it gave nothing in time; `not-waited-for`: --no-wait was given */
export async function waitForDaemon<Result>(
  { options, signal }: CommandContext,
  look: () => Promise<Result | undefined>,
): Promise<Result | undefined | 'not-waited-for'> {
  if (options.noWait === true) return 'not-waited-for';
  const deadlineMs = typeof options.wait === 'number' ? options.wait * 1000 : limits.daemonServiceMs;
  return await waitUntil(look, { deadlineMs, signal });
}
