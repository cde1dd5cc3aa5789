/** What an operator should look at: what keeps a standby from streaming. */
import { expect, it } from 'vitest';
import { noFacts } from '../../src/daemon/cluster-facts.ts';
import { sickSignsOf } from '../../src/daemon/sick-signs.ts';
import type { ServerObservation } from '../../src/failover/server-observation.ts';
import {
  durableOfVoter,
  heartbeatOf,
  lsn,
  node,
  OneNode,
  registered,
  settingsOf,
  standbyServer,
} from '../failover/support/one-node.ts';

const nodes = registered(3);

function signsOf(server: Partial<ServerObservation>): readonly string[] {
  const self = new OneNode(settingsOf(3, nodes));
  self.start(durableOfVoter(nodes));
  self.receive(1, heartbeatOf(nodes));
  self.observe(standbyServer(server));
  const { state } = self;
  return sickSignsOf({
    self: node(3),
    facts: noFacts,
    state,
    isClosedStandby: false,
    nowMs: state.now.monotonicMs,
  });
}

const behind = { receiver: null, replayedLsn: lsn(50), endOfWal: lsn(100) };

it.each<[string, Partial<ServerObservation>, readonly RegExp[]]>([
  ['a delay of its replay', { ...behind, hasReplayDelay: true }, [/recovery_min_apply_delay/]],
  ['a pause of its replay', { ...behind, isReplayPaused: true }, [/the replay is paused/]],
  ['nothing but a moment', behind, []],
  ['nothing, since all is replayed', { ...behind, hasReplayDelay: true, replayedLsn: lsn(100) }, []],
  ['nothing, since it streams', { replayedLsn: lsn(50), endOfWal: lsn(100), hasReplayDelay: true }, []],
])('a standby is kept from streaming by %s', (_, server, signs) => {
  expect(signsOf(server)).toEqual(signs.map((sign) => expect.stringMatching(sign)));
});
