/** Metadata that were lost, and are made anew while repmgrds watch the nodes. docs/metadata.md */
import { ownCommand } from '../cluster/own-command.ts';
import { failure } from '../errors.ts';
import type { CommandContext } from './command.ts';
import { localViewIfAny } from './local-daemon.ts';
import { requireConfig } from './local-node.ts';

/**
 * New metadata know the primary alone at first: its repmgrd would take the others for unregistered, and be left by the
 * voters.
 * @throws RepmgrError failover_not_paused
 */
export async function refuseUnlessPaused(context: CommandContext): Promise<void> {
  const view = await localViewIfAny(context);
  if (view === undefined || view.pause !== null || view.voters.length < 2) return;
  const config = requireConfig(context);
  throw failure('failover_not_paused', {
    message: `the metadata of cluster "${config.clusterName}" are to be made anew while repmgrd leads it`,
    detail: `They are gone from this database, and the repmgrds of ${view.voters.length} nodes go on without. Until all nodes are registered again they would part.`,
    hint: `Put the schema back from a dump; or first: ${ownCommand(config, 'daemon pause --for 10m')}, then register the primary and every other node, and at last: ${ownCommand(config, 'daemon unpause')}`,
  });
}
