/** What repmgrd of a node keeps in state_directory beside its state file. */
import { join } from 'node:path';
import type { Config } from '../../config/resolve.ts';
import type { NodeId } from '../../model/node.ts';

function nameOf({ clusterName }: Config, self: NodeId): string {
  return `${encodeURIComponent(clusterName)}-${self}`;
}

/** WAL that rejoins gave up, one directory for each. */
export function divergedDirectory(config: Config, self: NodeId): string {
  return join(config.stateDirectory, 'diverged', nameOf(config, self));
}

/** There while the data directory is half rewound. */
export function rewindingFile(config: Config, self: NodeId): string {
  return join(config.stateDirectory, `${nameOf(config, self)}.rewinding`);
}

/** The note of an operator's clone: new-copy.ts. */
export function newCopyFile(config: Config, self: NodeId): string {
  return join(config.stateDirectory, `${nameOf(config, self)}.cloned`);
}

/** The last decisions, for `repmgr explain`. */
export function decisionFile(config: Config, self: NodeId): string {
  return join(config.stateDirectory, `${nameOf(config, self)}.decisions`);
}

/** The guard's note. */
export function guardFile(config: Config, self: NodeId): string {
  return join(config.stateDirectory, `${nameOf(config, self)}.guard`);
}
