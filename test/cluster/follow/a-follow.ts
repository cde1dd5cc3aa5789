/** Node 3 of three, which is to follow node 2: to be changed by the tests in one place each. */
import type { FollowFacts } from '../../../src/cluster/follow/facts.ts';
import type { FollowWish } from '../../../src/cluster/follow/wish.ts';
import type { TimelineHistory, TimelineId } from '../../../src/model/timeline.ts';
import { serverVersion } from '../../../src/postgres/version.ts';
import { aNode, aStandby, id, lsn } from '../disagreements/a-cluster.ts';

export const timeline = (value: number) => value as TimelineId;
export const left = (...ends: readonly (readonly [number, string])[]): TimelineHistory =>
  ends.map(([timelineId, at]) => ({ timelineId: timeline(timelineId), endedAt: lsn(at), reason: '' }));

/** Nothing said of how to replicate. */
export const plainReplication: FollowWish['replication'] = {
  user: undefined,
  extras: undefined,
  passfile: undefined,
  password: undefined,
  withoutPassword: false,
  primaryConninfo: undefined,
};

export const wish: FollowWish = {
  node: {
    id: id(3),
    name: 'node3',
    clusterName: 'test',
    conninfo: { host: 'node3', user: 'repmgr', dbname: 'repmgr' },
  },
  target: undefined,
  upstreamNodeId: undefined,
  dataDirectory: '/data',
  waitMs: 0,
  usesSlot: false,
  replication: plainReplication,
  recovery: { minApplyDelay: undefined, restoreCommand: undefined, archiveCleanupCommand: undefined },
  mustRestart: false,
  streamingMs: 30_000,
  ownCommand: (words) => `repmgr -f node3.conf ${words}`,
};

export interface Changes {
  readonly local?: Partial<FollowFacts['local']>;
  readonly running?: Partial<Extract<FollowFacts['local']['state'], { kind: 'running' }>>;
  readonly upstream?: Partial<FollowFacts['upstream']>;
}

/** Node 3 of three; node 2 was promoted at 0/5000060, where node 1 had gone. */
export function facts({ local, running, upstream }: Changes = {}): FollowFacts {
  const observation = aStandby(3, 1);
  if (observation.answer.kind !== 'answered') throw new Error('node 3 did not answer');
  const version = serverVersion(150_018);
  return {
    primaryConninfo: 'host=node2 user=repmgr password=hush application_name=node3',
    local: {
      server: {
        dataDirectory: '/data',
        configDirectory: undefined,
        programDirectory: undefined,
        pgCtlOptions: '',
        commands: {},
      },
      version,
      systemIdentifier: '74',
      position: { timelineId: timeline(1), lsn: lsn('0/5000060'), history: [] },
      state: {
        kind: 'running',
        status: observation.answer.status,
        mayReloadBySql: true,
        recoveryTargetTimeline: 'latest',
        recoveryMinApplyDelay: '0',
        ...running,
      },
      settings: { primary_conninfo: 'host=node1' },
      ...local,
    },
    upstream: {
      node: aNode(2, { role: 'primary', upstreamNodeId: undefined }),
      nodes: [
        aNode(1, { isActive: false }),
        aNode(2, { role: 'primary', upstreamNodeId: undefined }),
        aNode(3),
      ],
      primaryId: id(2),
      otherPrimaries: [],
      version,
      host: 'node2',
      port: 5432,
      instance: '2000.5 5432',
      isInRecovery: false,
      identity: { systemIdentifier: '74', timelineId: timeline(2), lsn: lsn('0/5000200') },
      history: left([1, '0/5000060']),
      historyOfLocalTimeline: undefined,
      slots: [],
      maxReplicationSlots: 10,
      followers: [],
      ...upstream,
    },
  };
}
