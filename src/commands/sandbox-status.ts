/** `repmgr sandbox status`: one line for each node, with its role in words. docs/sandbox.md */
import { openExisting } from '../sandbox/existing.ts';
import type { CommandContext } from './command.ts';
import { sandboxAsJson, sandboxAsLines } from './sandbox-words.ts';

export async function run(context: CommandContext): Promise<void> {
  const { options } = context;
  const sandbox = await openExisting(options.directory);
  const statuses = await sandbox.status();
  context.print(options.json === true ? sandboxAsJson(sandbox, statuses) : sandboxAsLines(statuses));
}
