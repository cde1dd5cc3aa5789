/** What goes wrong in a history: plain data, so that a history can be shrunk by leaving some of it out. */
import type { Decision } from '../../../src/failover/explanation.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { OperatorRequest } from '../../../src/failover/operator-request.ts';

/** A node by its id, or whoever is the primary, or some standby, or won or stands for a term, when it happens. */
export type Target = number | 'primary' | 'standby' | 'candidate' | 'leader';

interface OnNode {
  readonly target: Target;
}

interface Lasting {
  readonly forMs: number;
}

export type FaultKind = Fault['kind'];

/** A fault that waits, from its time on, for what a node decides; it happens once. */
export interface Occasion {
  readonly decision: Decision;
  /** Undefined: whoever decides so first. */
  readonly node?: number;
  readonly thenMs?: number;
}

export type Fault = { readonly atMs: number; readonly when?: Occasion } & (
  | ({ readonly kind: 'killPostmaster'; readonly orphansMs: number } & OnNode)
  | ({ readonly kind: 'crashBackend' } & OnNode)
  | ({ readonly kind: 'losePower' } & OnNode & Lasting)
  | ({ readonly kind: 'bootHost' } & OnNode)
  | ({ readonly kind: 'killRepmgrd' } & OnNode & Lasting)
  | ({ readonly kind: 'stopRepmgrd' } & OnNode & Lasting)
  | ({ readonly kind: 'stopPostgres' } & OnNode & Lasting)
  | ({ readonly kind: 'stopPostmaster' } & OnNode & Lasting)
  | ({ readonly kind: 'suspendHost'; readonly isHidden: boolean } & OnNode & Lasting)
  | ({ readonly kind: 'isolate' } & OnNode & Lasting)
  | ({ readonly kind: 'cutOneWay'; readonly from: Target; readonly to: Target } & Lasting)
  | ({ readonly kind: 'cutBothWays'; readonly from: Target; readonly to: Target } & Lasting)
  | ({ readonly kind: 'split'; readonly side: readonly number[] } & Lasting)
  | ({ readonly kind: 'slowLink'; readonly extraMs: number; readonly loss: number } & OnNode & Lasting)
  | ({ readonly kind: 'slowNetwork'; readonly extraMs: number; readonly loss: number } & Lasting)
  /** Nothing new gets in or out, as by a packet filter; what is connected, WAL streams above all, stays so. */
  | ({ readonly kind: 'deafen' } & OnNode & Lasting)
  /** Messages of one kind are under way for so much longer. */
  | ({
      readonly kind: 'delayMessages';
      readonly message: Message['kind'];
      readonly from: number;
      readonly to: number;
      readonly byMs: number;
    } & Lasting)
  | ({ readonly kind: 'setWallClock'; readonly byMs: number } & OnNode)
  | ({ readonly kind: 'hangDisk'; readonly isStateDisk: boolean } & OnNode & Lasting)
  | ({ readonly kind: 'failDisk'; readonly isStateDisk: boolean } & OnNode & Lasting)
  | ({ readonly kind: 'shutDown'; readonly isSmart?: boolean } & OnNode & Lasting)
  | ({ readonly kind: 'loseState' } & OnNode)
  | ({ readonly kind: 'blockReplay' } & OnNode & Lasting)
  | ({ readonly kind: 'fillConnections' } & OnNode & Lasting)
  | ({ readonly kind: 'register' } & OnNode)
  | ({ readonly kind: 'unregister' } & OnNode)
  /** Its data directory is replaced by a copy of another node's, whatever its repmgrd thinks. */
  | ({ readonly kind: 'clone'; readonly from: Target } & OnNode)
  /** On all nodes. */
  | { readonly kind: 'setSynchronousQuorum'; readonly required: number; readonly hasFallback: boolean }
  | ({ readonly kind: 'promoteByHand' } & OnNode)
  | ({ readonly kind: 'startByHand' } & OnNode)
  | ({ readonly kind: 'restartByHand' } & OnNode)
  /** `standby follow`, by way of its repmgrd. */
  | ({ readonly kind: 'followByHand' } & OnNode)
  | ({ readonly kind: 'request'; readonly request: OperatorRequest } & OnNode)
);
