/** `repmgr daemon start`: starts the repmgrd of this node, and waits until it answers. docs/daemon.md */
import { join } from 'node:path';
import { ownCommand } from '../cluster/own-command.ts';
import type { Config } from '../config/resolve.ts';
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { renderSteps } from '../render/steps.ts';
import { builtProgramDirectory } from '../system/built-programs.ts';
import { monotonicMs } from '../system/clock.ts';
import { type CommandResult, runCommand } from '../system/command.ts';
import { quoteForShell, runCommandLine } from '../system/shell.ts';
import type { CommandContext } from './command.ts';
import { refuseServiceFailure, waitForDaemon } from './daemon-service.ts';
import { type DaemonProcess, localProcess } from './local-daemon.ts';
import { requireConfig } from './local-node.ts';

/** Exit code 27 where it runs already, could not be started, or did not answer in time. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const config = requireConfig(context);
  const running = await processIfAny(context);
  if (running !== undefined) {
    throw failure('daemon_service_failed', {
      message: 'the repmgrd of this node is running already',
      detail: `Its process id is ${running.pid}.`,
      hint: `See what it does with: ${ownCommand(config, 'daemon status')}`,
    });
  }
  const program = join(builtProgramDirectory(), 'repmgrd.js');
  const commandLine = config.repmgrdServiceStartCommand;
  const step = `start repmgrd with: ${commandLine ?? ownStart(program, config)}`;
  if (options.dryRun === true) {
    context.print(renderSteps([step], { isJson: options.json === true }));
    return;
  }
  log.info(step);
  refuseServiceFailure('repmgrd could not be started', await start(context, config, program));
  let waitsSinceMs = Infinity;
  const started = await waitForDaemon(context, async () => {
    const found = await processIfAny(context);
    if (found?.isWaiting !== true) return found;
    waitsSinceMs = Math.min(waitsSinceMs, monotonicMs());
    return monotonicMs() - waitsSinceMs >= limits.daemonMetadataMs ? found : undefined;
  });
  if (started === 'not-waited-for') {
    log.notice('repmgrd was started');
    return;
  }
  if (started === undefined) {
    throw failure('daemon_service_failed', {
      message: 'repmgrd was started, and does not answer',
      detail: `It was waited for ${limits.daemonServiceMs / 1000} s, or as long as --wait says.`,
      hint: `Look at its log; to see what hinders it, start it in the foreground: repmgrd -v -f ${config.sourceFile ?? 'FILE'}`,
    });
  }
  log.notice(`repmgrd was started, with the process id ${started.pid}`);
  if (!started.isWaiting) return;
  log.warning('it waits until it can read the metadata', {
    detail: 'Neither the local server nor a state file has told it who belongs to the cluster.',
    hint: `Start the local server, or check "conninfo" in ${config.sourceFile ?? 'repmgr.conf'}; its log says more.`,
  });
}

async function processIfAny(context: CommandContext): Promise<DaemonProcess | undefined> {
  try {
    return await localProcess(context);
  } catch (error) {
    if (error instanceof RepmgrError && error.code !== 'interrupted') return undefined;
    throw error;
  }
}

async function start({ signal }: CommandContext, config: Config, program: string): Promise<CommandResult> {
  const options = { deadlineMs: limits.serverControlMs, signal };
  if (config.repmgrdServiceStartCommand !== undefined) {
    return await runCommandLine(config.repmgrdServiceStartCommand, options);
  }
  return await runCommand(process.execPath, [program, ...ownArguments(config)], options);
}

function ownArguments({ sourceFile }: Config): readonly string[] {
  return [...(sourceFile === undefined ? [] : ['-f', sourceFile]), '--daemonize'];
}

function ownStart(program: string, config: Config): string {
  return [program, ...ownArguments(config)].map(quoteForShell).join(' ');
}
