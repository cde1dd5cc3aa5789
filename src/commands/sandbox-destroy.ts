/** `repmgr sandbox destroy`: also what a sandbox's guard runs when its owner is gone. docs/sandbox.md */
import { renderSteps } from '../render/steps.ts';
import { findSandbox } from '../sandbox/existing.ts';
import { sandboxOf } from '../sandbox/make.ts';
import type { CommandContext } from './command.ts';

/** Also removes a sandbox that was not made to its end. Asks nothing. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const found = await findSandbox(options.directory);
  const steps = [`kill ${found.state.nodes.length} servers`, `remove everything in ${found.directory}`];
  if (options.dryRun === true) {
    context.print(renderSteps(steps, { isJson: options.json === true }));
    return;
  }
  for (const step of steps) log.info(step);
  await sandboxOf(found).destroy();
  log.notice(`the sandbox in ${found.directory} is gone`);
}
