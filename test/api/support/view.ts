/** What a healthy node tells of itself, to be changed by a test. */
import type { ApiView } from '../../../src/api/view.ts';
import type { NodeId } from '../../../src/model/node.ts';

type Parts = Partial<Omit<ApiView, 'server' | 'leadership'>> & {
  readonly server?: Partial<ApiView['server']>;
  readonly leadership?: Partial<ApiView['leadership']>;
};

export function node(id: number): NodeId {
  return id as NodeId;
}

/** Node 1, which leads. */
export function leaderView(parts: Parts = {}): ApiView {
  return {
    cluster: 'test',
    systemIdentifier: '7300000000000000001',
    node: node(1),
    name: 'node1',
    version: '0.0.0',
    pid: 4711,
    upForMs: 60_000,
    voters: [node(1), node(2), node(3)],
    quorum: 2,
    pause: null,
    maintenanceLeftMs: null,
    secretVersion: 0,
    sickSigns: [],
    nodes: [1, 2, 3].map((id) => ({
      id: node(id),
      name: `node${id}`,
      role: id === 1 ? 'primary' : 'standby',
      isActive: true,
      isVoter: true,
      upstream: id === 1 ? null : node(1),
      priority: 100,
      conninfo: `host=node${id} password=***`,
      apiAddress: `127.0.0.${id}:15432`,
      lastSeenMs: id === 1 ? 0 : 120,
      health: 'up',
      candidacy: 'candidate',
      endOfWal: 0x3000060,
    })),
    counters: {
      messagesSent: 12,
      messagesReceived: 11,
      electionsBegun: 1,
      promotions: 1,
      fences: 0,
      holds: 0,
    },
    ...parts,
    server: {
      condition: 'running',
      isInRecovery: false,
      isStreaming: false,
      isFenced: false,
      upstream: null,
      leftAloneBy: null,
      timelineId: 1,
      endOfWal: 0x3000060,
      replayedLsn: null,
      lagBytes: null,
      ...parts.server,
    },
    leadership: {
      role: 'leader',
      stage: 'serving',
      term: 3,
      leader: node(1),
      isInContact: true,
      leaseLeftMs: 4_200,
      isHolding: false,
      leaderSeenMs: null,
      ...parts.leadership,
    },
  };
}

/** Node 2, which streams from node 1. */
export function standbyView(parts: Parts = {}): ApiView {
  return leaderView({
    node: node(2),
    name: 'node2',
    ...parts,
    server: {
      isInRecovery: true,
      isStreaming: true,
      upstream: node(1),
      replayedLsn: 0x3000000,
      lagBytes: 96,
      ...parts.server,
    },
    leadership: { role: 'follower', stage: null, isInContact: null, leaderSeenMs: 130, ...parts.leadership },
  });
}
