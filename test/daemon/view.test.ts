/** What a repmgrd tells of itself. */
import { expect, it } from 'vitest';
import type { Config } from '../../src/config/resolve.ts';
import { noFacts } from '../../src/daemon/cluster-facts.ts';
import { PeerNotes } from '../../src/daemon/peer-notes.ts';
import { viewOf } from '../../src/daemon/view.ts';
import {
  durableOfVoter,
  heartbeatOf,
  node,
  OneNode,
  registered,
  settingsOf,
} from '../failover/support/one-node.ts';

it('a voter shows a pause as long as it was asked for, though it keeps still a little longer', () => {
  const nodes = registered(3);
  const self = new OneNode(settingsOf(3, nodes));
  self.start(durableOfVoter(nodes));
  self.receive(1, heartbeatOf(nodes));
  const { record } = self.state.durable;
  if (record === null) throw new Error('a voter has a record');
  const lengthMs = 1_800_000;
  const { term } = self.state.durable;
  const pause = { reason: 'upgrade', lengthMs, leader: node(1), term, requestId: 'one' };
  const { monotonicMs } = self.state.now;
  const state = {
    ...self.state,
    durable: { ...self.state.durable, record: { ...record, pause } },
    pauseKnownAt: monotonicMs,
  };
  const view = (laterMs: number) =>
    viewOf({
      config: { clusterName: 'test', nodeName: 'node3' } as Config,
      self: node(3),
      facts: noFacts,
      state,
      notes: new PeerNotes(),
      isClosedStandby: false,
      nowMs: monotonicMs + laterMs,
      startedAtMs: 0,
      version: '0.0.0',
    });
  expect(view(0).pause).toEqual({ reason: 'upgrade', leftMs: lengthMs, leader: node(1) });
  expect(view(lengthMs + 1_000).pause?.leftMs).toBe(0);
});
