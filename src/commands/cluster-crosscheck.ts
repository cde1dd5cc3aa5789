/** `repmgr cluster crosscheck`: the matrices of all nodes in one, so that a link that only some see is known. */
import { crosscheck } from '../cluster/connectivity/observe.ts';
import type { CommandContext } from './command.ts';
import { showConnectivity } from './connectivity.ts';

export async function run(context: CommandContext): Promise<number> {
  return await showConnectivity(context, crosscheck);
}
