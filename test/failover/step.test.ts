import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { step } from '../../src/failover/step.ts';
import { anyEvent } from './support/events.ts';
import { durableOfVoter, node, OneNode, registered, settingsOf } from './support/one-node.ts';
import { play, type Step } from './support/play.ts';

const nodes = registered(3);

/** A repmgrd that was just started: with a state file as a voter or as the leader, or without one. */
const beginnings = fc.constantFrom('voter', 'leader', 'without state').map((kind) => {
  const self = new OneNode(settingsOf(kind === 'voter' ? 2 : 1, nodes));
  const leading = { term: 1, askedTerm: 1, promotionCalled: false, isPromoted: true };
  const durable = durableOfVoter(nodes, kind === 'leader' ? { leading: leading as never } : {});
  self.start(kind === 'without state' ? null : durable, { namesTerm: false });
  return self.state;
});

const histories = fc.tuple(beginnings, fc.array(anyEvent, { minLength: 1, maxLength: 60 }));

function forAll(check: (steps: readonly Step[]) => void): void {
  fc.assert(
    fc.property(histories, ([beginning, passed]) => {
      check(play(beginning, passed));
    }),
    { numRuns: 200 },
  );
}

describe('step', () => {
  it('takes any event in any state', () => {
    forAll((steps) => {
      expect(steps.every(({ state }) => state.durable.format === 1)).toBe(true);
    });
  });

  it('gives the same for the same', () => {
    forAll((steps) => {
      for (const { before, event, state, actions, explanations } of steps) {
        expect(step(before, event)).toEqual({ state, actions, explanations });
      }
    });
  });

  it('has a state that JSON keeps whole', () => {
    forAll((steps) => {
      for (const { state } of steps) {
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }
    });
  });

  it('puts what must be durable before all that rests on it, and only a kill before that', () => {
    forAll((steps) => {
      for (const { before, state, actions } of steps) {
        const kinds = actions.map(({ kind }) => kind);
        const others = kinds.filter((kind) => kind !== 'fence');
        if (state.durable !== before.durable) {
          expect(others[0]).toBe('persist');
        }
        expect(others.lastIndexOf('persist')).toBeLessThanOrEqual(0);
        expect(kinds.lastIndexOf('fence')).toBeLessThanOrEqual(
          kinds.filter((kind) => kind === 'fence').length - 1,
        );
      }
    });
  });

  it('never goes back in its term, and never votes twice in one', () => {
    forAll((steps) => {
      for (const { before, state } of steps) {
        expect(state.durable.term).toBeGreaterThanOrEqual(before.durable.term);
        const earlier = before.durable.vote;
        const later = state.durable.vote;
        if (earlier !== null && later !== null && earlier.term === later.term) {
          expect(later.candidate).toBe(earlier.candidate);
        }
      }
    });
  });

  it('says no more under its term while it goes down', () => {
    forAll((steps) => {
      for (const { before, state, actions } of steps) {
        if (before.role.kind === 'retiring' && state.role.kind === 'retiring') {
          expect(actions.some((it) => it.kind === 'send' && it.message.kind === 'heartbeat')).toBe(false);
        }
      }
    });
  });

  it('gives each action a number of its own', () => {
    forAll((steps) => {
      const ids = steps.flatMap(({ actions }) => actions.flatMap((it) => ('id' in it ? [it.id] : [])));
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  it('changes nothing before repmgrd has started', () => {
    const stranger = new OneNode(settingsOf(2, nodes));
    const before = stranger.state;
    expect(stranger.receive(1, { kind: 'termGivenUp', term: 3 as never })).toEqual([]);
    expect(stranger.state).toBe(before);
    expect(stranger.state.settings.self).toBe(node(2));
  });
});
