/** What other managers test against: failovers and switchovers that are themselves disturbed, and hands on them. */
import type { NodeId } from '../../../src/model/node.ts';
import type { Fault, Occasion } from '../history/faults.ts';
import { all, failsOver, leads, nobodyDecidesTo } from './expectations.ts';
import { type NamedHistory, toldOf } from './named-history.ts';

const longMs = 25_000;

const death: Fault = { kind: 'losePower', atMs: 500, target: 1, forMs: longMs };

function switchoverTo(to: number, atMs: number): Fault {
  return { kind: 'request', atMs, target: 2, request: { kind: 'switchover', to: to as NodeId } };
}

/** The repmgrd of this node is killed when this is decided. */
function killed(node: number, when: Occasion): Fault {
  return { kind: 'killRepmgrd', atMs: 0, when, target: node, forMs: 3_000 };
}

export const theClusterChangesHands: NamedHistory = {
  name: '64 the cluster changes hands',
  rules: '4, 9, 12',
  variants: [
    ...(['win', 'promote', 'promotionDone'] as const).map((decision) =>
      toldOf(
        `the winner dies when it decides to ${decision}`,
        [
          death,
          { kind: 'losePower', atMs: 1_000, when: { decision, thenMs: 3 }, target: 'leader', forMs: 15_000 },
        ],
        failsOver(),
        { nodes: 5 },
      ),
    ),
    toldOf(
      'a follower is restarted in the middle of the election',
      [death, { kind: 'restartByHand', atMs: 1_000, when: { decision: 'standForElection' }, target: 3 }],
      failsOver(),
    ),
    toldOf(
      'the old primary is started again by its service, with WAL that nobody has',
      [
        { kind: 'isolate', atMs: 0, target: 1, forMs: 8_000 },
        { kind: 'losePower', atMs: 2_000, target: 1, forMs: 20_000 },
      ],
      failsOver(),
      { settings: { commitHoldMs: 0 }, options: { serviceStartMs: 500 } },
    ),
    toldOf(
      'the standby with the most WAL is gone',
      [
        { kind: 'stopPostgres', atMs: 0, target: 2, forMs: 3_000 },
        { kind: 'losePower', atMs: 2_500, target: 3, forMs: longMs },
        { ...death, atMs: 2_500 },
      ],
      failsOver(),
      { nodes: 5, options: { serviceStartMs: 500 } },
    ),
    toldOf(
      'the upstream of a cascaded standby dies, and comes back',
      [{ kind: 'losePower', atMs: 0, target: 2, forMs: 12_000 }],
      nobodyDecidesTo('fence', 'promote'),
      { nodes: 4, upstreams: { 3: 2, 4: 2 } },
    ),
    toldOf('the upstream of a cascaded standby is promoted', [death], failsOver(), {
      nodes: 4,
      upstreams: { 3: 2 },
      settingsOf: { 2: { priority: 200 } },
    }),
    toldOf('somebody promotes a standby', [{ kind: 'promoteByHand', atMs: 0, target: 3 }], leads(1)),
    toldOf('a switchover', [switchoverTo(3, 0)], leads(3)),
    toldOf(
      'the repmgrd of the old primary is killed in a switchover',
      [switchoverTo(3, 500), killed(1, { decision: 'yield', thenMs: 3 })],
      failsOver(0),
    ),
    toldOf(
      'the repmgrd of the old primary is killed when it has yielded',
      [switchoverTo(3, 500), killed(1, { decision: 'yield', thenMs: 120 })],
      failsOver(0),
    ),
    ...(['standForElection', 'win', 'promote'] as const).map((decision) =>
      toldOf(
        `the repmgrd of the successor is killed when it decides to ${decision}`,
        [switchoverTo(3, 500), killed(3, { decision, node: 3, thenMs: 2 })],
        failsOver(),
      ),
    ),
    toldOf(
      'a switchover whose successor lags and replays nothing',
      [{ kind: 'blockReplay', atMs: 0, target: 3, forMs: 10_000 }, switchoverTo(3, 1_000)],
      failsOver(),
    ),
    toldOf(
      'a second switchover before the first has ended',
      [switchoverTo(3, 0), switchoverTo(2, 20)],
      failsOver(),
    ),
    toldOf('a switchover back', [switchoverTo(3, 0), switchoverTo(1, 8_000)], all(leads(1), failsOver(2))),
    toldOf(
      'a switchover when the primary dies',
      [switchoverTo(3, 500), { ...death, atMs: 540 }],
      failsOver(),
    ),
  ],
};
