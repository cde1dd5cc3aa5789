/** What a user wants of `standby follow`: the command line laid over repmgr.conf, before anything was looked at. */
import type { Conninfo } from '../../model/conninfo.ts';
import type { NodeId } from '../../model/node.ts';
import type { CloneNode, RecoveryWish, ReplicationWish } from '../clone/wish.ts';

export interface FollowWish {
  readonly node: CloneNode;
  /** The server that the command line names; undefined: the primary that the metadata lead to. */
  readonly target: Conninfo | undefined;
  /** A node to stream from that may be a standby; undefined: the primary. */
  readonly upstreamNodeId: NodeId | undefined;
  /** `-D`, or data_directory of repmgr.conf; undefined: as the running server says. */
  readonly dataDirectory: string | undefined;
  /** How long to wait for a primary; 0: one look. */
  readonly waitMs: number;
  /** The standby streams through the slot `repmgr_slot_ID`. */
  readonly usesSlot: boolean;
  readonly replication: ReplicationWish;
  readonly recovery: RecoveryWish;
  /** standby_follow_restart: restart also where a reload would do. */
  readonly mustRestart: boolean;
  /** standby_follow_timeout; 0: it is not waited for. */
  readonly streamingMs: number;
  /** How a user runs repmgr on this node, followed by these words. */
  ownCommand(words: string): string;
}
