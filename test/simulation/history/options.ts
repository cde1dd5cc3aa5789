/** How one history's world is made: drawn from its seed, or written down for a named one. */
import type { Durable } from '../../../src/failover/durable.ts';
import type { Settings } from '../../../src/failover/settings.ts';
import type { ServerHabits } from '../postgres/server-habits.ts';
import type { HostOptions } from '../world/host.ts';
import type { LinkOptions } from '../world/network.ts';
import type { Fault } from './faults.ts';

export interface NodeOptions {
  /** From 1 on, without gaps. */
  readonly id: number;
  readonly isWitness: boolean;
  readonly upstream: number | null;
  readonly hasReplayDelay: boolean;
  /** False: it does not exist before a fault of that name registers it. */
  readonly isRegistered: boolean;
  readonly host: HostOptions;
  /** Without the nodes, which the world adds. */
  readonly settings: Omit<Settings, 'nodes'>;
}

export interface ClientOptions {
  /** On each server, between two commits; 0: nobody writes. */
  readonly intervalMs: number;
  readonly commitBytes: number;
  /** After so long they cancel a commit that waits; undefined: never. */
  readonly patienceMs?: number;
}

export interface HistoryOptions {
  readonly seed: number;
  readonly nodes: readonly NodeOptions[];
  readonly primary: number;
  readonly link: LinkOptions;
  readonly habits: ServerHabits;
  readonly clients: ClientOptions;
  readonly writeStallMs: number;
  /** Something else than repmgrd starts PostgreSQL when it is gone, so long after a boot; 0: nothing does. */
  readonly serviceStartMs: number;
  /** When repmgrd is started again after it died. */
  readonly repmgrdRestartMs: number;
  /** Nothing of ours runs before; 0 unless said otherwise. */
  readonly daemonsStartAtMs?: number;
  /** State files that nodes have at the beginning, over an empty one. */
  readonly files?: Readonly<Record<number, Partial<Durable>>>;
  readonly faults: readonly Fault[];
  /** From when on nothing bad happens any more, and all is repaired. */
  readonly quietAtMs: number;
  readonly endAtMs: number;
}
