/** `repmgr sandbox kill NODE`: what happens when a server dies? docs/sandbox.md */
import type { CommandContext } from './command.ts';
import { carryOut, chosenNode, requireRunning } from './sandbox-node.ts';

/** SIGKILL to all processes of the server, frozen ones too. */
export async function run(context: CommandContext): Promise<void> {
  const chosen = await chosenNode(context);
  const { sandbox, node } = chosen;
  requireRunning(chosen);
  await carryOut(
    context,
    `send SIGKILL to all processes of the server of "${node.name}"`,
    () => sandbox.kill(node.id),
    `"${node.name}" is dead`,
  );
}
