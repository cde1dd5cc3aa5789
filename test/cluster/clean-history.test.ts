import { describe, expect, it } from 'vitest';
import { type CleanupFacts, planCleanup } from '../../src/cluster/clean-history.ts';
import { aNode, id } from './disagreements/a-cluster.ts';

const facts: CleanupFacts = {
  nodes: [aNode(1), aNode(2)],
  hasSamplesOfNode: false,
  selection: { until: '2025-01-01', nodeId: undefined, kept: [] },
  count: 42,
  mayVacuum: true,
};
const vacuum = 'vacuum the table repl_monitor';

describe('the plan of a cleanup', () => {
  it('says how many rows go, and which', () => {
    expect(planCleanup(facts, { keepDays: 0, nodeId: undefined }).steps).toEqual([
      'delete 42 rows of monitoring history; the newest row of each node stays',
      vacuum,
    ]);
    expect(planCleanup(facts, { keepDays: 7, nodeId: id(2) }).words).toBe(
      'older than 7 days, of node "node2" (ID: 2)',
    );
  });

  it('leaves the vacuum to the owner of the table', () => {
    const { steps } = planCleanup({ ...facts, mayVacuum: false }, { keepDays: 0, nodeId: undefined });
    expect(steps).not.toContain(vacuum);
  });

  it('has no step where no row is old enough, and refuses a node that nobody knows', () => {
    const wish = { keepDays: 7, nodeId: id(9) };
    const known = { ...facts, count: 0, hasSamplesOfNode: true };
    expect(planCleanup(known, wish)).toEqual({ steps: [], words: 'older than 7 days, of node ID 9' });
    expect(() => planCleanup({ ...known, hasSamplesOfNode: false }, wish)).toThrow('is not registered');
  });
});
