/** `repmgr sandbox kill NODE`: what happens when a node dies? docs/sandbox.md */
import type { CommandContext } from './command.ts';
import { signalServer } from './sandbox-node.ts';

/** SIGKILL to all processes of the node, frozen ones too. */
export async function run(context: CommandContext): Promise<void> {
  await signalServer(context, 'SIGKILL', (sandbox, id, what) => sandbox.kill(id, what), 'is dead');
}
