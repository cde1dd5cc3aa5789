/** Which nodes are attached to this primary, since when, and what to tell of it. Pure, but for what was seen before. */
import type { NodeId } from '../../model/node.ts';

export interface ChildNode {
  readonly id: NodeId;
  readonly isWitness: boolean;
  readonly isAttached: boolean;
}

export interface ChildChange {
  readonly node: NodeId;
  readonly kind: 'child_node_disconnect' | 'child_node_reconnect' | 'child_node_new_connect';
  /** How long a node that is back was away, in milliseconds. */
  readonly awayMs: number;
}

/** When too many of them are lost. A count of -1 does not hold. */
export interface LossCriteria {
  readonly connectedMinCount: number;
  readonly disconnectMinCount: number;
  readonly includesWitness: boolean;
  /** The last loss has to be this old. */
  readonly timeoutMs: number;
}

interface Known {
  readonly isWitness: boolean;
  readonly isAttached: boolean;
  /** By the monotonic clock. */
  readonly since: number;
}

export class ChildNodes {
  /** Undefined: nobody has looked. */
  #known: Map<NodeId, Known> | undefined;

  /** This node is no primary, so the next look is the first one. */
  forget(): void {
    this.#known = undefined;
  }

  /** Who is away at the first look is not missed; who has no row here any more is forgotten. */
  look(children: readonly ChildNode[], now: number): readonly ChildChange[] {
    const before = this.#known;
    const known = new Map<NodeId, Known>();
    const changes: ChildChange[] = [];
    for (const { id, isWitness, isAttached } of children) {
      const was = before?.get(id);
      if (was === undefined && !isAttached) continue;
      if (was?.isAttached === isAttached) {
        known.set(id, was);
        continue;
      }
      known.set(id, { isWitness, isAttached, since: now });
      if (was === undefined && before === undefined) continue;
      const kind =
        was === undefined
          ? 'child_node_new_connect'
          : isAttached
            ? 'child_node_reconnect'
            : 'child_node_disconnect';
      changes.push({ node: id, kind, awayMs: was === undefined ? 0 : now - was.since });
    }
    this.#known = known;
    return changes;
  }

  /** Whether so many were lost, and so long ago, that `child_nodes_disconnect_command` is to be run. */
  areLost(criteria: LossCriteria, now: number): boolean {
    const { connectedMinCount, disconnectMinCount, includesWitness, timeoutMs } = criteria;
    const counted = [...(this.#known?.values() ?? [])].filter((it) => includesWitness || !it.isWitness);
    const lost = counted.filter(({ isAttached }) => !isAttached);
    const connected = counted.length - lost.length;
    const isTooFew =
      connectedMinCount !== -1
        ? connected < connectedMinCount
        : disconnectMinCount !== -1
          ? lost.length > disconnectMinCount
          : connected === 0;
    const isOldEnough = lost.every(({ since }) => now - since >= timeoutMs);
    return lost.length > 0 && isTooFew && isOldEnough;
  }
}
