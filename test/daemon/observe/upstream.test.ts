import { describe, expect, it } from 'vitest';
import { attachedOf, upstreamOf } from '../../../src/daemon/observe/upstream.ts';
import type { Lsn } from '../../../src/model/lsn.ts';
import type { NodeId, NodeRecord } from '../../../src/model/node.ts';
import type { OwnReceiver } from '../../../src/postgres/queries/own-status.ts';

const nodeOf = (id: number, conninfo: string, other: Partial<NodeRecord> = {}): NodeRecord => ({
  id: id as NodeId,
  role: 'standby',
  upstreamNodeId: undefined,
  clusterName: 'a',
  name: `node${id}`,
  conninfo,
  slotName: undefined,
  priority: 100,
  isActive: true,
  ...other,
});
const nodes = [
  nodeOf(1, 'host=h1 port=5432'),
  nodeOf(2, 'host=h2,h2b port=5432,5433 application_name=second'),
  nodeOf(3, 'host=h3'),
  nodeOf(9, 'host=w', { role: 'witness' }),
];
const self = 1 as NodeId;
const receiver = (other: Partial<OwnReceiver>): OwnReceiver => ({
  isStreaming: true,
  timelineId: undefined,
  senderHost: undefined,
  senderPort: undefined,
  conninfo: undefined,
  ...other,
});

describe('the upstream of a WAL receiver', () => {
  it.each([
    [{ senderHost: 'h2b', senderPort: 5433 }, 2],
    [{ senderHost: 'h3' }, 3],
    [{ conninfo: 'host=h3 port=5432 user=r' }, 3],
    [{ senderHost: 'elsewhere', senderPort: 5432 }, null],
    // It cannot be its own upstream.
    [{ senderHost: 'h1', senderPort: 5432 }, null],
    // Before PostgreSQL 11 nobody says which of several hosts answered.
    [{ conninfo: 'host=h2,h3' }, null],
    [{}, null],
  ])('%j is node %j', (seen, node) => {
    expect(upstreamOf(receiver(seen), self, nodes)).toBe(node);
  });

  it('is nobody where two nodes have the same address', () => {
    const twins = [...nodes, nodeOf(4, 'host=h3')];
    expect(upstreamOf(receiver({ senderHost: 'h3', senderPort: 5432 }), self, twins)).toBeNull();
  });
});

describe('the standbys that are attached', () => {
  const sender = (applicationName: string, flushedLsn: bigint | undefined = 100n) => ({
    applicationName,
    flushedLsn: flushedLsn as Lsn | undefined,
    syncPriority: 1,
  });

  it('are known by the name that they stream under, others say nothing', () => {
    const senders = [sender('second'), sender('node3', 200n), sender('pg_receivewal'), sender('node9')];
    expect(attachedOf(senders, self, nodes)).toEqual([
      { node: 2, flushedLsn: 100, syncPriority: 1 },
      { node: 3, flushedLsn: 200, syncPriority: 1 },
    ]);
  });

  it('are left out where the role may not see how far they are, or where two share a name', () => {
    const twins = [...nodes, nodeOf(4, 'host=h4', { name: 'node3' })];
    expect(attachedOf([sender('node3')], self, twins)).toEqual([]);
    expect(attachedOf([{ ...sender('node3'), flushedLsn: undefined }], self, nodes)).toEqual([]);
  });
});
