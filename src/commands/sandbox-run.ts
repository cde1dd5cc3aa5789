/** `repmgr sandbox run NODE COMMAND...`: repmgr as it would be typed on that node. docs/sandbox.md */
import { renderSteps } from '../render/steps.ts';
import { openExisting } from '../sandbox/existing.ts';
import { quoteForShell } from '../system/shell.ts';
import type { CommandContext } from './command.ts';

/** The exit code is that of the command. */
export async function run(context: CommandContext): Promise<number> {
  const { options, operands } = context;
  const [word = '', ...commandLine] = operands;
  const sandbox = await openExisting(options.directory);
  const node = sandbox.node(word);
  if (options.dryRun === true) {
    const inWords = ['repmgr', '-f', node.configFile, ...commandLine].map(quoteForShell).join(' ');
    context.print(renderSteps([`run ${inWords}`], { isJson: options.json === true }));
    return 0;
  }
  return await sandbox.runOnTerminal(node.id, commandLine);
}
