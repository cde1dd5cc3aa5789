/** `repmgr sandbox stop`: everything stays for the next `repmgr sandbox start`. docs/sandbox.md */
import { renderSteps } from '../render/steps.ts';
import { openExisting } from '../sandbox/existing.ts';
import type { CommandContext } from './command.ts';

/** In good order; frozen servers are thawed first. Servers that do not run are no error. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const sandbox = await openExisting(options.directory);
  const running = (await sandbox.status()).filter(
    ({ state }) => !['stopped', 'crashed', 'empty'].includes(state),
  );
  const daemons = sandbox.hasRepmgrd ? ['stop all repmgrds'] : [];
  const steps = [...daemons, ...running.map(({ name }) => `stop the server of "${name}"`)];
  if (options.dryRun === true) {
    context.print(renderSteps(steps, { isJson: options.json === true }));
    return;
  }
  for (const step of steps) log.info(step);
  // Before the servers: they would start them again.
  if (sandbox.hasRepmgrd) await Promise.all(sandbox.nodes.map(({ id }) => sandbox.stopRepmgrd(id)));
  await Promise.all(running.map(({ id }) => sandbox.stop(id)));
  log.notice(`${running.length} of ${sandbox.nodes.length} servers stopped in ${sandbox.directory}`);
}
