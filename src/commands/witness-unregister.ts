/** `repmgr witness unregister`: takes the row of a witness out of the metadata. docs/witness.md */
import type { CommandContext } from './command.ts';
import { unregister } from './unregistration.ts';

/** Exit codes as repmgr 3: 6 without a local server, 1 for anything refused. */
export async function run(context: CommandContext): Promise<void> {
  await unregister(context, 'witness');
}
