import { describe, expect, it } from 'vitest';
import { type Candidate, planSiblings } from '../../../src/cluster/siblings/plan.ts';
import { type SiblingFacts, siblingsOf } from '../../../src/cluster/siblings/sibling.ts';
import { failure } from '../../../src/errors.ts';
import { aNode, id, slot } from '../disagreements/a-cluster.ts';

const nodes = [
  aNode(1, { role: 'primary', upstreamNodeId: undefined }),
  aNode(2, { upstreamNodeId: id(1) }),
  aNode(3, { upstreamNodeId: id(1) }),
  aNode(4, { upstreamNodeId: id(3) }),
  aNode(5, { upstreamNodeId: id(1), isActive: false }),
  aNode(6, { role: 'witness', upstreamNodeId: undefined }),
  aNode(7, { role: 'witness', upstreamNodeId: undefined, conninfo: '' }),
];

describe('the siblings of a standby', () => {
  it('are the active standbys of its upstream, and witnesses that keep a copy of the metadata', () => {
    expect(siblingsOf(nodes, id(2)).map((node) => node.id)).toEqual([3, 6]);
    expect(siblingsOf(nodes, id(4)).map((node) => node.id)).toEqual([6]);
  });

  it('are those of the primary where it is not known what the standby streams from', () => {
    const unknown = nodes.map((node) => (node.id === 2 ? { ...node, upstreamNodeId: undefined } : node));
    expect(siblingsOf(unknown, id(2)).map((node) => node.id)).toEqual([3, 6]);
  });
});

const standby = (number: number, parts: Partial<SiblingFacts> = {}): SiblingFacts => ({
  node: aNode(number, { slotName: `repmgr_slot_${number}` }),
  configFile: undefined,
  isDown: false,
  refusal: undefined,
  ...parts,
});
const roomy: Candidate = {
  status: { slots: [], walSenders: [] },
  maxWalSenders: 10,
  maxReplicationSlots: 10,
  slotsToDrop: [],
};
const refusal = failure('ssh_unreachable', { message: 'nobody there', hint: 'look' });

describe('the plan for siblings', () => {
  it('leaves out who does not answer, and says so', () => {
    const plan = planSiblings([standby(3), standby(4, { isDown: true })], roomy, { force: false });
    expect(plan.siblings.map(({ node }) => node.id)).toEqual([3]);
    expect(plan.steps).toEqual(['have node "node3" (ID: 3) follow this one, by SSH']);
    expect(plan.warnings.map(({ message }) => message)).toEqual([
      'node "node4" (ID: 4) does not answer, and will not follow',
    ]);
  });

  it('is refused where repmgr cannot be run over there, and goes on without it by force', () => {
    const siblings = [standby(3), standby(4, { refusal })];
    expect(() => planSiblings(siblings, roomy, { force: false })).toThrow(
      expect.objectContaining({
        code: 'siblings_unreachable',
        exitCode: 1,
        detail: 'Node "node4" (ID: 4): nobody there.',
        hint: 'look',
      }),
    );
    const plan = planSiblings(siblings, roomy, { force: true });
    expect(plan.siblings.map(({ node }) => node.id)).toEqual([3]);
    expect(plan.warnings[0]?.message).toBe('node "node4" (ID: 4) will not follow: nobody there.');
  });

  it.each([
    [
      'max_wal_senders',
      { maxWalSenders: 2, status: { slots: [], walSenders: [{ applicationName: 'x', state: 'streaming' }] } },
    ],
    ['max_replication_slots', { maxReplicationSlots: 2, status: { slots: [slot(9, true)], walSenders: [] } }],
  ])('is refused where %s of the server is too small for them, unless by force', (setting, parts) => {
    const candidate: Candidate = { ...roomy, ...parts };
    const siblings = [standby(3), standby(4)];
    expect(() => planSiblings(siblings, candidate, { force: false })).toThrow(
      expect.objectContaining({ code: 'siblings_too_many', message: expect.stringContaining(setting) }),
    );
    expect(planSiblings(siblings, candidate, { force: true }).warnings[0]?.message).toContain(setting);
    // Slots that are there for them, or go, need no room.
    const fitting = {
      ...candidate,
      maxWalSenders: 3,
      status: { walSenders: [], slots: [slot(3, false)] },
    };
    expect(planSiblings(siblings, fitting, { force: false }).warnings).toEqual([]);
    const dropped = { ...candidate, maxWalSenders: 3, slotsToDrop: ['repmgr_slot_9'] };
    expect(() => planSiblings(siblings, dropped, { force: false })).not.toThrow();
  });
});
