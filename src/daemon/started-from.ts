/** What a repmgrd is made from, once the conditions of its start are met. */
import type { Config } from '../config/resolve.ts';
import type { Durable } from '../failover/durable.ts';
import type { Settings } from '../failover/settings.ts';
import type { Logger } from '../log/logger.ts';
import type { NodeId } from '../model/node.ts';
import type { KnownAddresses } from '../postgres/known-addresses.ts';
import type { Recorder } from './recorder.ts';
import type { ServerPlace } from './observe/server-place.ts';
import type { StateFile } from './state-file.ts';

export interface StartedFrom {
  readonly config: Config;
  readonly self: NodeId;
  readonly settings: Settings;
  /** Null: there was no state file. */
  readonly durable: Durable | null;
  readonly stateFile: StateFile;
  /** Of the hosts of the nodes, looked up beforehand. */
  readonly addresses: KnownAddresses;
  readonly place: ServerPlace;
  readonly isWitness: boolean;
  /** Unlike those of any earlier start of this node's repmgrd. */
  readonly incarnation: string;
  readonly bootNonce: string;
  /** `-m`: rows into repl_monitor, whatever `monitoring_history` says. */
  readonly recordsHistory: boolean;
  /** Undefined: nothing is recorded. */
  readonly recorder: Recorder | undefined;
  readonly log: Logger;
  /** Aborted when repmgrd is to end. */
  readonly signal: AbortSignal;
}
