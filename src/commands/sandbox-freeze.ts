/** `repmgr sandbox freeze NODE`: what happens when a server hangs? docs/sandbox.md */
import type { CommandContext } from './command.ts';
import { carryOut, chosenNode, requireRunning } from './sandbox-node.ts';

/** SIGSTOP to all processes of the server; freezing a frozen one changes nothing. */
export async function run(context: CommandContext): Promise<void> {
  const chosen = await chosenNode(context);
  const { sandbox, node } = chosen;
  requireRunning(chosen);
  await carryOut(
    context,
    `send SIGSTOP to all processes of the server of "${node.name}"`,
    () => sandbox.freeze(node.id),
    `"${node.name}" is frozen: it accepts connections and answers nobody`,
  );
}
