/** `repmgr node maintenance`: repmgrd leaves one node alone for a while. docs/daemon.md */
import type { CommandContext } from './command.ts';
import { maintain } from './maintenance.ts';

/** Exit code 26 where it was refused, or no repmgrd of this node runs. */
export async function run(context: CommandContext): Promise<void> {
  await maintain(context, { isOver: context.options.off === true });
}
