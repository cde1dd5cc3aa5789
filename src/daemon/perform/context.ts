/** What the effects of the core's actions need: the own server, the recorded nodes, connections that are kept open. */
import type { WalAnswer, WalRequest } from '../../api/wal-request.ts';
import type { Config } from '../../config/resolve.ts';
import type { Instant } from '../../failover/instant.ts';
import type { VoterRecord } from '../../failover/voter-record.ts';
import type { Logger } from '../../log/logger.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import type { KnownAddresses } from '../../postgres/known-addresses.ts';
import type { LocalServer } from '../../postgres/server-process.ts';
import type { WalEndReader } from '../observe/end-of-wal.ts';
import type { ServerPlace } from '../observe/server-place.ts';
import type { FreezeProof } from './freeze-proof.ts';
import type { Guard } from './guard.ts';
import type { RejoinAttempts } from './rejoin-attempts.ts';
import type { OwnConnections } from './own-connections.ts';

/** The PostgreSQL of this node, whether it runs or not. */
export interface OwnServer extends ServerPlace {
  /** How it is started and stopped. */
  readonly control: LocalServer;
}

export interface PerformContext {
  readonly config: Config;
  readonly self: NodeId;
  /** Undefined: a witness without PostgreSQL. */
  readonly server: OwnServer | undefined;
  readonly connections: OwnConnections;
  readonly addresses: KnownAddresses;
  /** The one that the observation uses too, so that both measure alike. */
  readonly walEnd: WalEndReader;
  readonly guard: Pick<Guard, 'renew' | 'end'>;
  readonly freezeProof: FreezeProof;
  /** Of rejoins, since repmgrd started. */
  readonly attempts: RejoinAttempts;
  /** The recorded nodes as last read, this one included. */
  readonly nodes: () => readonly NodeRecord[];
  /** The newest one that this node knows. */
  readonly record: () => VoterRecord | null;
  readonly now: () => Instant;
  /** From the repmgrd of another node; its bytes count only when all were read. */
  readonly fetchWal: (from: NodeId, request: WalRequest, signal: AbortSignal) => Promise<WalAnswer>;
  readonly log: Logger;
  /** Of this action: checked right before what cannot be recalled. */
  readonly signal: AbortSignal;
}

/** The action was not begun, and nothing was changed. */
export class ActionNotBegun extends Error {
  override readonly name = 'ActionNotBegun';
}

/** @throws ActionNotBegun on a witness without PostgreSQL */
export function requireServer({ server }: PerformContext): OwnServer {
  if (server === undefined) throw new ActionNotBegun('this node has no PostgreSQL');
  return server;
}
