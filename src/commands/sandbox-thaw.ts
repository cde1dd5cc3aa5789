/** `repmgr sandbox thaw NODE`: the server that hung is back. docs/sandbox.md */
import type { CommandContext } from './command.ts';
import { signalServer } from './sandbox-node.ts';

/** SIGCONT to all processes of the server; thawing one that runs changes nothing. */
export async function run(context: CommandContext): Promise<void> {
  await signalServer(context, 'SIGCONT', (sandbox, id) => sandbox.thaw(id), 'goes on');
}
