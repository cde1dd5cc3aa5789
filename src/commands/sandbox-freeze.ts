/** `repmgr sandbox freeze NODE`: what happens when a server hangs? docs/sandbox.md */
import type { CommandContext } from './command.ts';
import { signalServer } from './sandbox-node.ts';

/** SIGSTOP to all processes of the server; freezing a frozen one changes nothing. */
export async function run(context: CommandContext): Promise<void> {
  await signalServer(
    context,
    'SIGSTOP',
    (sandbox, id) => sandbox.freeze(id),
    'is frozen: it accepts connections and answers nobody',
  );
}
