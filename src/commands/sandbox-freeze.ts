/** `repmgr sandbox freeze NODE`: what happens when a node hangs? docs/sandbox.md */
import type { CommandContext } from './command.ts';
import { signalServer } from './sandbox-node.ts';

/** SIGSTOP to all processes of the node; freezing a frozen one changes nothing. */
export async function run(context: CommandContext): Promise<void> {
  await signalServer(
    context,
    'SIGSTOP',
    (sandbox, id, what) => sandbox.freeze(id, what),
    'is frozen: it accepts connections and answers nobody',
  );
}
