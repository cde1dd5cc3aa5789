/**
 * Who says that it is which node. Two repmgrds with the same id would vote twice, so a second one is refused for as
 * long as the first one answers. What is left of a repmgrd whose host is gone does not, and is put aside.
 */
import { limits } from '../limits.ts';
import type { NodeId } from '../model/node.ts';

/** The connection of somebody who proved to be of this cluster. */
export interface Claimant {
  /** Tells the starts of repmgrds apart. */
  readonly life: string;
  readonly address: string;
  /** By the monotonic clock. */
  readonly heardAt: number;
  /** Asks for a sign of life. */
  probe(): void;
  close(): void;
}

interface Claim {
  readonly node: NodeId;
  probedAt: number | undefined;
}

export interface Rival {
  /** Where the other repmgrd is that says the same. */
  readonly address: string;
  /** It was heard since it was asked for a sign of life: it is not what is left of a host that is gone. */
  readonly lives: boolean;
}

export class NodeClaims {
  readonly #claims = new Map<Claimant, Claim>();

  /** @returns undefined: nobody else says the same, and the claim is noted */
  claim(claimant: Claimant, node: NodeId): Rival | undefined {
    for (const [other, claim] of this.#claims) {
      if (claim.node !== node || other.life === claimant.life) continue;
      if (!isDead(other, claim)) {
        const lives = claim.probedAt !== undefined && other.heardAt > claim.probedAt;
        // Asked once more only when it answered: else nobody would ever wait long enough.
        if (claim.probedAt === undefined || lives) {
          claim.probedAt = performance.now();
          other.probe();
        }
        return { address: other.address, lives };
      }
      this.#claims.delete(other);
      other.close();
    }
    this.#claims.set(claimant, { node, probedAt: undefined });
    return undefined;
  }

  /** The connection is closed. */
  release(claimant: Claimant): void {
    this.#claims.delete(claimant);
  }
}

function isDead({ heardAt }: Claimant, { probedAt }: Claim): boolean {
  return probedAt !== undefined && heardAt < probedAt && performance.now() - probedAt > limits.peerAnswerMs;
}
