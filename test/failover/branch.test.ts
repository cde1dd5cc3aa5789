import { describe, expect, it } from 'vitest';
import type { TimelineId } from '../../src/model/timeline.ts';
import {
  durableOfVoter,
  heartbeatOf,
  lsn,
  OneNode,
  pathOf,
  positionAt,
  recordOf,
  registered,
  settingsOf,
  standbyServer,
} from './support/one-node.ts';

const nodes = registered(3);
const madeByHand = -1;
const leftBehind = -2;

/** Node 3's server was promoted by hand at 1000, and runs as a standby again; then node 1 tells how far it has flushed. */
function withBranch(flushed: number): OneNode {
  const self = new OneNode(settingsOf(3, nodes));
  self.start(durableOfVoter(nodes, { timelines: pathOf([1, 0, 1], [2, 1_000, madeByHand]) }));
  const timeline = [
    { timelineId: 1 as TimelineId, beganAt: lsn(0) },
    { timelineId: 2 as TimelineId, beganAt: lsn(1_000) },
  ];
  self.observe(standbyServer({ timeline, endOfWal: lsn(1_100), receiver: null, primaryConninfo: '' }));
  self.receive(1, heartbeatOf(nodes, { record: recordOf(nodes), position: positionAt(flushed) }));
  return self;
}

describe('a branch that a hand made', () => {
  it('is left behind once the primary is heard of beyond its fork', () => {
    const self = withBranch(1_001);
    expect(self.state.position?.path.at(-1)?.term).toBe(leftBehind);
    expect(self.state.durable.timelines.at(-1)?.term).toBe(leftBehind);
    expect(self.last.explanations.map(({ sentence }) => sentence)).toContain(
      'node1 has gone on without what a hand made here',
    );
  });

  it('may be adopted by a term as long as the primary has written nothing beyond its fork', () => {
    expect(withBranch(1_000).state.position?.path.at(-1)?.term).toBe(madeByHand);
  });
});
