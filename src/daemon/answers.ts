/** What a repmgrd answers to those who ask: pages of its listener, and commands on its socket. */
import type { ControlAnswer, ControlRequest } from '../api/control-request.ts';
import type { ApiView, DecisionView } from '../api/view.ts';
import type { Config } from '../config/resolve.ts';
import type { State } from '../failover/state.ts';
import type { NodeId } from '../model/node.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { readMonotonicMs } from './instant.ts';
import type { OperatorRequests } from './operator-requests.ts';
import type { PeerNotes } from './peer-notes.ts';
import { programVersion } from './program-version.ts';
import { viewOf } from './view.ts';

export interface AnswersOptions {
  readonly self: NodeId;
  readonly config: () => Config;
  readonly facts: () => ClusterFacts;
  readonly state: () => State;
  readonly decisions: () => readonly DecisionView[];
  readonly notes: PeerNotes;
  readonly requests: OperatorRequests;
  readonly isClosedStandby: () => boolean;
  /** @throws the system's error, where the invitation cannot be kept */
  readonly invite: (lifetimeMs: number) => Promise<{ readonly token: string; readonly endsAtMs: number }>;
}

export class Answers {
  readonly #options: AnswersOptions;
  readonly #startedAtMs = readMonotonicMs();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  async to(
    request: Exclude<ControlRequest, { readonly kind: 'process' }>,
    signal: AbortSignal,
  ): Promise<ControlAnswer> {
    const { decisions, requests, invite, state } = this.#options;
    switch (request.kind) {
      case 'status':
        return { kind: 'status', view: this.view() };
      case 'decisions':
        return { kind: 'decisions', decisions: decisions() };
      case 'invite':
        // Elsewhere the row could not be written where it counts.
        return state().role.kind === 'leader'
          ? { kind: 'invite', given: await invite(request.lifetimeMs) }
          : { kind: 'invite', given: null };
      case 'operator': {
        const { isAccepted, sentence } = await requests.ask(request.request, signal);
        return { kind: 'operator', isAccepted, sentence };
      }
    }
  }

  /** Who leads, as far as this node knows. */
  get leader(): NodeId | null {
    return this.#options.state().durable.leader?.node ?? null;
  }

  view(): ApiView {
    const { self, config, facts, state, notes, isClosedStandby } = this.#options;
    return viewOf({
      config: config(),
      self,
      facts: facts(),
      state: state(),
      notes,
      isClosedStandby: isClosedStandby(),
      nowMs: readMonotonicMs(),
      startedAtMs: this.#startedAtMs,
      version: programVersion,
    });
  }
}
