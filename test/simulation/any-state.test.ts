import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDurable } from '../../src/daemon/durable-schema.ts';
import type { State } from '../../src/failover/state.ts';
import { step } from '../../src/failover/step.ts';
import { anyEvent, type PassedEvent } from '../failover/support/events.ts';
import { aimAt, play, type Step } from '../failover/support/play.ts';
import type { Checker } from './checkers/watcher.ts';
import { Watchers } from './checkers/watcher.ts';
import { startClients } from './history/clients.ts';
import { drawHistory } from './history/draw.ts';
import { scheduleFaults } from './history/inject.ts';
import { World } from './world/world.ts';

const histories = 40;
const statesOfEach = 25;
const lastsMs = 40_000;

/** States that repmgrds get into while things go wrong around them, one in so many. */
function statesOf(seed: number): readonly State[] {
  const states: State[] = [];
  const collector: Checker = {
    name: 'collector',
    stepped: (_world, _daemon, before) => {
      states.push(before);
    },
  };
  const world = new World(drawHistory(seed), new Watchers([collector]), undefined);
  world.start();
  startClients(world);
  scheduleFaults(world);
  world.schedule.runUntil(lastsMs);
  const every = Math.ceil(states.length / statesOfEach);
  return states.filter((_, index) => index % every === 0);
}

const reachable = Array.from({ length: histories }, (_, index) => statesOf(index + 1)).flat();

const anyStart: fc.Arbitrary<PassedEvent> = fc.record({
  afterMs: fc.nat(60_000),
  random: fc.double({ min: 0, max: 0.75, noNaN: true }),
  event: fc
    .record({
      kind: fc.constant('started'),
      bootId: fc.constantFrom('boot 1', 'boot 9'),
      incarnation: fc.constant('another life'),
      guardContactUntil: fc.option(fc.nat(100_000), { nil: null }),
    })
    .map((event) => event as unknown as PassedEvent['event']),
});

function forAll(check: (one: Step) => void): void {
  const event = fc.oneof({ weight: 15, arbitrary: anyEvent }, { weight: 1, arbitrary: anyStart });
  const events = fc.array(event, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.constantFrom(...reachable), events, (state, passed) => {
      for (const one of play(state, passed, aimAt)) check(one);
    }),
    { numRuns: 600 },
  );
}

describe('a step from any state that a simulated cluster gets into, by any event', () => {
  it('meets every role', () => {
    expect(new Set(reachable.map(({ role }) => role.kind))).toEqual(
      new Set(['follower', 'canvassing', 'candidate', 'leader', 'retiring']),
    );
  });

  it('gives a state file that can be read back', { timeout: 60_000 }, () => {
    forAll(({ state: { durable } }) => {
      expect(readDurable(JSON.parse(JSON.stringify(durable)))).toEqual(durable);
    });
  });

  it('gives a state that JSON keeps whole', { timeout: 60_000 }, () => {
    forAll(({ state }) => {
      expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    });
  });

  it('gives the same for the same, and leaves the state that it began with as it was', {
    timeout: 60_000,
  }, () => {
    forAll(({ before, event, state, actions, explanations }) => {
      const text = JSON.stringify(before);
      expect(step(before, event)).toEqual({ state, actions, explanations });
      expect(JSON.stringify(before)).toBe(text);
    });
  });
});
