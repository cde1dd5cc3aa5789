/** `cluster event --explain`: decisions stand below what came of them, not below what was only seen. */
import { expect, it } from 'vitest';
import type { RecordedEvent } from '../../src/cluster/metadata/event-list.ts';
import { decisionsOfEvents, type RememberedDecision } from '../../src/commands/event-explanation.ts';
import type { NodeId } from '../../src/model/node.ts';

const crashedAt = Date.parse('2026-01-31T12:00:00Z');

function event(name: string, afterMs: number): RecordedEvent {
  const time = new Date(crashedAt + afterMs);
  const node = { nodeId: 2 as NodeId, nodeName: 'node2' };
  return { ...node, event: name, isSuccessful: true, time, timeText: time.toISOString(), details: '' };
}

function decision(sentence: string, afterMs: number): RememberedDecision {
  const of = {
    rule: 4,
    decision: 'win',
    evidence: {},
    node: 2 as NodeId,
    nodeName: 'node2',
    term: 2,
  } as const;
  return { ...of, sentence, at: crashedAt + afterMs };
}

it('gives the decisions of a failover to the promotion, not to the loss of the upstream that was seen first', () => {
  const seen = event('repmgrd_upstream_disconnect', 20);
  const promoted = event('repmgrd_failover_promote', 250);
  const decisions = [decision('stands for election in term 2', 100), decision('leads term 2', 180)];
  const found = decisionsOfEvents([promoted, seen], decisions);
  expect([...found]).toEqual([[promoted, decisions]]);
});

it('leaves out what was decided long before, and what came of nothing', () => {
  const promoted = event('repmgrd_failover_promote', 250);
  const decisions = [decision('votes for node1', -60_000), decision('takes node3 into the voters', 20_000)];
  expect([...decisionsOfEvents([promoted], decisions)]).toEqual([]);
});
