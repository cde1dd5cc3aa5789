/** What was heard of the other repmgrds last, and counters: for those who ask, not for decisions. */
import type { Explanation } from '../failover/explanation.ts';
import type { Candidacy, Health, Message } from '../failover/messages.ts';
import type { CountersView } from '../api/view.ts';
import type { NodeId } from '../model/node.ts';

export interface PeerNote {
  /** By the monotonic clock. */
  readonly heardAt: number;
  readonly health: Health | null;
  readonly candidacy: Candidacy['kind'] | null;
  readonly endOfWal: number | null;
}

type Counters = { -readonly [Name in keyof CountersView]: CountersView[Name] };

export class PeerNotes {
  readonly #notes = new Map<NodeId, PeerNote>();
  readonly #counters: Counters = {
    messagesSent: 0,
    messagesReceived: 0,
    electionsBegun: 0,
    promotions: 0,
    fences: 0,
    holds: 0,
  };

  get counters(): CountersView {
    return { ...this.#counters };
  }

  of(node: NodeId): PeerNote | undefined {
    return this.#notes.get(node);
  }

  noteSent(): void {
    this.#counters.messagesSent += 1;
  }

  noteReceived(from: NodeId, message: Message, now: number): void {
    this.#counters.messagesReceived += 1;
    const before = this.#notes.get(from);
    const tellsAll = message.kind === 'heartbeatAcknowledged' || message.kind === 'statusAnswer';
    const position = 'position' in message ? message.position : null;
    this.#notes.set(from, {
      heardAt: now,
      health: tellsAll ? message.health : message.kind === 'heartbeat' ? 'up' : (before?.health ?? null),
      candidacy: tellsAll ? message.candidacy.kind : (before?.candidacy ?? null),
      endOfWal: position?.lsn ?? before?.endOfWal ?? null,
    });
  }

  noteDecision({ decision, rule }: Explanation): void {
    if (decision === 'standForElection') this.#counters.electionsBegun += 1;
    else if (decision === 'promote') this.#counters.promotions += 1;
    else if (decision === 'fence') this.#counters.fences += 1;
    else if (decision === 'hold' && rule === 5) this.#counters.holds += 1;
  }
}
