/** `repmgr sandbox kill NODE`: what happens when a server dies? docs/sandbox.md */
import type { CommandContext } from './command.ts';
import { signalServer } from './sandbox-node.ts';

/** SIGKILL to all processes of the server, frozen ones too. */
export async function run(context: CommandContext): Promise<void> {
  await signalServer(context, 'SIGKILL', (sandbox, id) => sandbox.kill(id), 'is dead');
}
