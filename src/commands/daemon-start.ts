/** `repmgr daemon start`: starts the repmgrd of this node, and waits until it answers. docs/daemon.md */
import { join } from 'node:path';
import { ownCommand } from '../cluster/own-command.ts';
import type { Config } from '../config/resolve.ts';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { renderSteps } from '../render/steps.ts';
import { builtProgramDirectory } from '../system/built-programs.ts';
import { type CommandResult, runCommand } from '../system/command.ts';
import { quoteForShell, runCommandLine } from '../system/shell.ts';
import type { CommandContext } from './command.ts';
import { refuseServiceFailure, waitForDaemon } from './daemon-service.ts';
import { localViewIfAny } from './local-daemon.ts';
import { requireConfig } from './local-node.ts';

/** Exit code 27 where it runs already, could not be started, or did not answer in time. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const config = requireConfig(context);
  const running = await localViewIfAny(context);
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
  const view = await waitForDaemon(context, async () => await localViewIfAny(context));
  if (view === 'not-waited-for') {
    log.notice('repmgrd was started');
  } else if (view === undefined) {
    throw failure('daemon_service_failed', {
      message: 'repmgrd was started, and does not answer',
      detail: `It was waited for ${limits.daemonServiceMs / 1000} s, or as long as --wait says.`,
      hint: 'Look at its log; to see what hinders it, start it in the foreground: repmgrd -v -f FILE',
    });
  } else {
    log.notice(`repmgrd was started, with the process id ${view.pid}`);
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
