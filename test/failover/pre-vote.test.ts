import { describe, expect, it } from 'vitest';
import { bounds } from '../../src/failover/bounds.ts';
import { roundEndsAt } from '../../src/failover/pre-vote.ts';
import type { Canvassing, State } from '../../src/failover/state.ts';
import {
  durableOfVoter,
  node,
  OneNode,
  registered,
  settingsOf,
  standbyServer,
  term,
} from './support/one-node.ts';

const nodes = registered(3);
const { statusRoundMs, distantStatusRoundMs } = bounds;

/** Node 3 asks the others; its first answer comes after so long. */
function asking(firstAnswerMs: number | null): { readonly state: State; readonly role: Canvassing } {
  const self = new OneNode(settingsOf(3, nodes));
  self.start(durableOfVoter(nodes));
  self.observe(standbyServer());
  while (self.state.role.kind !== 'canvassing') self.pass(50);
  const { role } = self.state;
  const heardAt = firstAnswerMs === null ? null : ((role.begunAt + firstAnswerMs) as Canvassing['heardAt']);
  return { state: self.state, role: { ...role, heardAt } };
}

describe('a pre-vote', () => {
  it('that would be won is short where the others are near', () => {
    const { state, role } = asking(5);
    expect(roundEndsAt(state, role, true) - role.begunAt).toBe(statusRoundMs);
  });

  it('that would be won waits for others that are as far away as the first', () => {
    const { state, role } = asking(400);
    expect(roundEndsAt(state, role, true) - role.begunAt).toBe(800);
  });

  it('asks again within the round who has not answered, since messages are lost', () => {
    const self = new OneNode(settingsOf(3, nodes));
    self.start(durableOfVoter(nodes));
    self.observe(standbyServer());
    while (self.state.role.kind !== 'canvassing') self.pass(50);
    const { round } = self.state.role;
    const asked: number[] = [];
    for (let passed = 0; passed < bounds.voteRetryMs; passed += 50) {
      self.pass(50);
      for (const action of self.last.actions) {
        if (
          action.kind === 'send' &&
          action.message.kind === 'statusRequest' &&
          action.message.round === round
        )
          asked.push(action.to);
      }
    }
    expect(asked).toEqual([1, 2]);
  });

  it('waits for who yielded, who lives and may have WAL that nobody else has', () => {
    const { state, role } = asking(5);
    const heardYields = [{ node: node(1), term: term(1), upToTerm: term(1), hasTail: true }];
    const yielded = { ...state, durable: { ...state.durable, heardYields } };
    expect(roundEndsAt(yielded, role, true) - role.begunAt).toBe(distantStatusRoundMs);
  });

  it('that would not be won waits for those that are far away', () => {
    const { state, role } = asking(null);
    expect(roundEndsAt(state, role, false) - role.begunAt).toBe(distantStatusRoundMs);
  });
});
