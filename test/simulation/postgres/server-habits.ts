/** How the servers of a history behave, and who wants to hear of what happens to them. */
import type { Branch } from '../world/wal.ts';
import type { PostgresServer } from './server.ts';

/** How long things take, and how often they go wrong; drawn for each history. */
export interface ServerHabits {
  readonly recoveryMs: number;
  /** Crash recovery takes so long instead, once in a while. */
  readonly longRecoveryChance: number;
  readonly longRecoveryMs: number;
  readonly promotionMs: number;
  readonly promotionFailChance: number;
  readonly promotionBlockChance: number;
  readonly promotionBlockMs: number;
  readonly startFailChance: number;
  readonly reloadMs: number;
  /** The checkpointer is busy, so changed names come into force late. */
  readonly slowReloadChance: number;
  readonly slowReloadMs: number;
  readonly replayMs: number;
  /** wal_retrieve_retry_interval */
  readonly receiverRetryMs: number;
  /** The startup process notices late that primary_conninfo changed: it waits in replay. */
  readonly receiverLingerChance: number;
  readonly receiverLingerMs: number;
}

/** The same servers when nothing goes wrong. */
export function goodHabits(habits: ServerHabits): ServerHabits {
  return {
    ...habits,
    longRecoveryChance: 0,
    promotionFailChance: 0,
    promotionBlockChance: 0,
    startFailChance: 0,
    slowReloadChance: 0,
    receiverLingerChance: 0,
  };
}

export type WayToWritable = 'promotion' | 'start' | 'backend crash';

export interface ServerWatcher {
  /** Something that its repmgrd sees at once: a connection broke, a state changed. */
  changed(server: PostgresServer): void;
  becameWritable(server: PostgresServer, how: WayToWritable): void;
  noLongerWritable(server: PostgresServer): void;
  acknowledged(server: PostgresServer, branch: Branch, lsn: number): void;
  walReceived(server: PostgresServer, upstream: PostgresServer): void;
  /** WAL of another branch was appended, because the timeline numbers are the same. */
  corrupted(server: PostgresServer, upstream: PostgresServer): void;
  tell(node: number, text: string): void;
}
