import { describe, expect, it } from 'vitest';
import { planRestart, type RestartFacts } from '../../src/sandbox/restart.ts';

const node = (id: number, facts: Partial<RestartFacts>): RestartFacts => ({
  id,
  name: `node${id}`,
  state: 'stopped',
  isStandby: true,
  timeline: 1,
  ...facts,
});

describe('the servers to start again', () => {
  it('are all that are down, the primary first', () => {
    const plan = planRestart([node(1, {}), node(2, { isStandby: false }), node(3, { state: 'crashed' })]);
    expect(plan).toEqual({ start: [2, 1, 3], left: [] });
  });

  it('leave out a former primary, so that there is never a second one', () => {
    const plan = planRestart([
      node(1, { isStandby: false, state: 'crashed', timeline: 1 }),
      node(2, { isStandby: false, timeline: 2 }),
      node(3, {}),
    ]);
    expect(plan.start).toEqual([2, 3]);
    expect(plan.left).toEqual([{ id: 1, name: 'node1', because: 'it was primary before another' }]);
  });

  it('leave out every other primary while one runs', () => {
    const plan = planRestart([
      node(1, { isStandby: false, timeline: 9 }),
      node(2, { isStandby: false, state: 'primary', timeline: 2 }),
    ]);
    expect(plan.start).toEqual([]);
    expect(plan.left.map(({ id }) => id)).toEqual([1]);
  });

  it('leave alone what runs, what is frozen and what has no data', () => {
    const plan = planRestart([
      node(1, { isStandby: false, state: 'primary' }),
      node(2, { state: 'standby' }),
      node(3, { state: 'frozen' }),
      node(4, { state: 'empty' }),
    ]);
    expect(plan.start).toEqual([]);
    expect(plan.left.map(({ id, because }) => `${id}: ${because}`)).toEqual([
      '3: it is frozen',
      '4: it has no data yet',
    ]);
  });
});
