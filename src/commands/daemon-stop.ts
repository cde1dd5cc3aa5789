/** `repmgr daemon stop`: ends the repmgrd of this node; PostgreSQL runs on. docs/daemon.md */
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { renderSteps } from '../render/steps.ts';
import { findProcess, signalProcesses } from '../system/processes.ts';
import { runCommandLine } from '../system/shell.ts';
import type { CommandContext } from './command.ts';
import { refuseServiceFailure, waitForDaemon } from './daemon-service.ts';
import { localProcess, withExit } from './local-daemon.ts';
import { requireConfig } from './local-node.ts';

/** Exit code 27 where it does not run, or did not end in time. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const { repmgrdServiceStopCommand: commandLine } = requireConfig(context);
  const pid = await pidOfDaemon(context);
  const step = `stop repmgrd with: ${commandLine ?? `kill -TERM ${pid}`}`;
  if (options.dryRun === true) {
    context.print(renderSteps([step], { isJson: options.json === true }));
    return;
  }
  log.info(step);
  const daemon = await findProcess(pid);
  if (commandLine === undefined) {
    if (daemon !== undefined) signalProcesses([daemon], 'SIGTERM');
  } else {
    const settings = { deadlineMs: limits.serverControlMs, signal: context.signal };
    refuseServiceFailure('repmgrd could not be stopped', await runCommandLine(commandLine, settings));
  }
  const hasEnded = await waitForDaemon(context, async () => {
    const now = await findProcess(pid);
    return now === undefined || now.state === 'zombie' ? true : undefined;
  });
  if (hasEnded === undefined) {
    throw failure('daemon_service_failed', {
      message: 'repmgrd was told to end, and runs on',
      detail: `Its process id is ${pid}.`,
      hint: 'Look at its log; --wait=SECONDS waits longer.',
    });
  }
  log.notice(hasEnded === 'not-waited-for' ? 'repmgrd was told to end' : 'repmgrd has ended');
}

/** @throws RepmgrError daemon_not_running or daemon_silent, with the exit code of a service that failed */
async function pidOfDaemon(context: CommandContext): Promise<number> {
  try {
    return (await localProcess(context)).pid;
  } catch (error) {
    throw withExit(error, 'serviceFailed');
  }
}
