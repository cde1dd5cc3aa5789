/** Observations of a healthy cluster, to be changed by the tests in one place each. */
import { type Lsn, parseLsn } from '../../../src/model/lsn.ts';
import { type NodeId, type NodeRecord, replicationSlotName, toNodeId } from '../../../src/model/node.ts';
import type { TimelineId } from '../../../src/model/timeline.ts';
import type { ServerStatus } from '../../../src/postgres/queries/server-status.ts';
import type { NodeObservation } from '../../../src/cluster/survey.ts';

export function id(value: number): NodeId {
  const nodeId = toNodeId(value);
  if (nodeId === undefined) throw new Error(`${value} is no node id`);
  return nodeId;
}

export function lsn(text: string): Lsn {
  const parsed = parseLsn(text);
  if (parsed === undefined) throw new Error(`${text} is no LSN`);
  return parsed;
}

export function aNode(number: number, changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    id: id(number),
    role: number === 1 ? 'primary' : 'standby',
    upstreamNodeId: number === 1 ? undefined : id(1),
    clusterName: 'test',
    name: `node${number}`,
    conninfo: `host=node${number} dbname=repmgr user=repmgr`,
    slotName: undefined,
    priority: 100,
    isActive: true,
    ...changes,
  };
}

export function aPrimary(
  number: number,
  followers: readonly number[],
  changes: Partial<ServerStatus> = {},
  row: Partial<NodeRecord> = {},
): NodeObservation {
  const status: ServerStatus = {
    isInRecovery: false,
    isReadOnlyByDefault: false,
    isReplayPaused: false,
    timeline: 1 as TimelineId,
    systemIdentifier: '7400000000000000001',
    currentLsn: lsn('0/5000060'),
    receivedLsn: undefined,
    replayedLsn: undefined,
    instance: `${number}000.5 5432`,
    walReceiver: 'absent',
    walSenders: followers.map((follower) => ({ applicationName: `node${follower}`, state: 'streaming' })),
    slots: [],
    logicalSlots: [],
    ...changes,
  };
  return { node: aNode(number, row), answer: { kind: 'answered', status, serverVersion: 150_018 } };
}

export function aStandby(
  number: number,
  upstream: number,
  changes: Partial<ServerStatus> = {},
  row: Partial<NodeRecord> = {},
): NodeObservation {
  return aPrimary(
    number,
    [],
    {
      isInRecovery: true,
      currentLsn: undefined,
      receivedLsn: lsn('0/5000060'),
      replayedLsn: lsn('0/5000060'),
      walReceiver: aWalReceiver(`node${upstream}`, `node${number}`),
      ...changes,
    },
    { role: 'standby', upstreamNodeId: id(upstream), ...row },
  );
}

export function aWalReceiver(host: string, applicationName: string) {
  return {
    status: 'streaming',
    conninfo: `user=repmgr password=******** dbname=replication host=${host} port=5432 application_name=${applicationName} fallback_application_name=walreceiver`,
    slotName: undefined as string | undefined,
    senderHost: host,
    senderPort: 5432,
  };
}

export function aLostNode(number: number, changes: Partial<NodeRecord> = {}): NodeObservation {
  return {
    node: aNode(number, changes),
    answer: { kind: 'unreachable', reason: 'connection refused' },
  };
}

export function slot(number: number, isActive: boolean) {
  return { name: replicationSlotName(id(number)), isActive, restartLsn: lsn('0/4000060') };
}
