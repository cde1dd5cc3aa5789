/** `repmgr sandbox thaw NODE`: the server that hung is back. docs/sandbox.md */
import type { CommandContext } from './command.ts';
import { carryOut, chosenNode, requireRunning } from './sandbox-node.ts';

/** SIGCONT to all processes of the server; thawing one that runs changes nothing. */
export async function run(context: CommandContext): Promise<void> {
  const chosen = await chosenNode(context);
  const { sandbox, node } = chosen;
  requireRunning(chosen);
  await carryOut(
    context,
    `send SIGCONT to all processes of the server of "${node.name}"`,
    () => sandbox.thaw(node.id),
    `"${node.name}" goes on`,
  );
}
