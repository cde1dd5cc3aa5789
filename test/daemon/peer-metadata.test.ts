import { describe, expect, it, onTestFinished } from 'vitest';
import { type ClusterFacts, noFacts, writeFacts } from '../../src/cluster/cluster-facts.ts';
import { PeerMetadata } from '../../src/daemon/peer-metadata.ts';
import type { Logger, LogParts } from '../../src/log/logger.ts';
import { aNode, id } from '../cluster/disagreements/a-cluster.ts';

const before: ClusterFacts = {
  ...noFacts,
  nodes: [
    aNode(1),
    aNode(2),
    aNode(3, { role: 'witness', conninfo: '' }),
    aNode(4, { role: 'witness', conninfo: '' }),
  ],
  secrets: ['old'],
};
const changed: ClusterFacts = { ...before, secrets: ['new', 'old'] };

/** The metadata of node 3; `answers` are what the others say, by their id. */
function setUp(answers: Readonly<Record<number, string>>, leader: number | null = 1) {
  const asked: number[] = [];
  const told: ClusterFacts[] = [];
  const warnings: string[] = [];
  const metadata = new PeerMetadata({
    self: id(3),
    facts: before,
    intervalMs: () => 3_600_000,
    leader: () => (leader === null ? null : id(leader)),
    fetch: async (from) => {
      asked.push(from);
      const answer = answers[from];
      if (answer === undefined) throw new Error('it does not answer');
      return answer;
    },
    onChanged: (facts) => told.push(facts),
    log: {
      warning: (_message: string, parts?: LogParts) => warnings.push(parts?.detail ?? ''),
    } as unknown as Logger,
  });
  onTestFinished(async () => await metadata.close());
  return { metadata, asked, told, warnings };
}

describe('a witness without PostgreSQL', () => {
  it('takes a secret from whoever tells of it, and never goes back to an older one', async () => {
    const { metadata, told } = setUp({ 1: writeFacts(before) });
    metadata.noteSecrets({ secrets: ['old', 'next'], secretVersion: 5 });
    expect(await metadata.read()).toBe(true);
    metadata.noteSecrets({ secrets: ['older'], secretVersion: 4 });
    expect(metadata.facts).toEqual({ ...before, secrets: ['old', 'next'], secretVersion: 5 });
    expect(told).toHaveLength(1);
  });

  it('asks the leader, and tells what changed once', async () => {
    const { metadata, asked, told } = setUp({ 1: writeFacts(before), 2: writeFacts(changed) }, 2);
    expect(await metadata.read()).toBe(true);
    expect(await metadata.read()).toBe(true);
    expect(asked).toEqual([2, 2]);
    expect(told).toEqual([changed]);
    expect(metadata.facts).toEqual(changed);
  });

  it('asks another node with a copy where the leader does not answer, or none is known', async () => {
    const withoutLeader = setUp({ 2: writeFacts(changed) });
    expect(await withoutLeader.metadata.read()).toBe(true);
    expect(withoutLeader.asked).toEqual([1, 2]);
    expect(withoutLeader.told).toEqual([changed]);
    const unknown = setUp({ 1: writeFacts(changed) }, null);
    expect(await unknown.metadata.read()).toBe(true);
    expect(unknown.asked).toEqual([1]);
  });

  it('keeps what it knows where nobody answers, or what comes makes no sense, and says so once', async () => {
    const { metadata, told, warnings } = setUp({ 1: '{"nodes":"all"}' });
    expect(await metadata.read()).toBe(false);
    expect(await metadata.read()).toBe(false);
    expect(metadata.facts).toBe(before);
    expect(told).toEqual([]);
    expect(warnings).toEqual([
      'node "node1": what it says makes no sense to this version of repmgrd; node "node2": it does not answer',
    ]);
  });
});
