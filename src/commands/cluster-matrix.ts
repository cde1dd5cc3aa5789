/** `repmgr cluster matrix`: which node reaches which, each asked by SSH for what it sees itself. */
import { observeMatrix } from '../cluster/connectivity/observe.ts';
import type { CommandContext } from './command.ts';
import { showConnectivity } from './connectivity.ts';

export async function run(context: CommandContext): Promise<number> {
  return await showConnectivity(context, observeMatrix);
}
