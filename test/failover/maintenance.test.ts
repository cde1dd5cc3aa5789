import { describe, expect, it } from 'vitest';
import { node } from './support/one-node.ts';
import { Stage } from './support/stage.ts';

const maintenance = (lengthMs: number, of: number | null = null) =>
  ({ kind: 'maintenance', node: of === null ? null : node(of), lengthMs }) as const;

describe('maintenance of one node', () => {
  it('keeps it from standing for election, though it is the better candidate', () => {
    const stage = new Stage(3);
    stage.run(1_000);
    stage.request(2, maintenance(60_000));
    stage.crash(1);
    stage.run(20_000);
    expect(stage.writable).toEqual([3]);
  });

  it('ends by itself', () => {
    const stage = new Stage(3);
    stage.run(1_000);
    stage.request(2, maintenance(5_000));
    stage.run(6_000);
    stage.crash(1);
    stage.run(20_000);
    expect(stage.writable).toEqual([2]);
  });

  it('ends at once by a word', () => {
    const stage = new Stage(3);
    stage.run(1_000);
    stage.request(2, maintenance(600_000));
    stage.request(2, maintenance(0));
    stage.crash(1);
    stage.run(20_000);
    expect(stage.writable).toEqual([2]);
  });

  it('may be asked of any repmgrd, and the answer comes back there', () => {
    const stage = new Stage(3);
    stage.run(1_000);
    stage.request(3, maintenance(60_000, 2));
    stage.run(100);
    expect(stage.story.at(-1)).toContain('node3  accepted: it is in maintenance');
    stage.crash(1);
    stage.run(20_000);
    expect(stage.writable).toEqual([3]);
  });

  it('of the leader pauses failover in the whole cluster, and its end ends that', () => {
    const stage = new Stage(3);
    stage.run(1_000);
    stage.request(2, maintenance(60_000, 1));
    stage.run(1_000);
    stage.crash(1);
    stage.run(20_000);
    expect(stage.writable).toEqual([]);
    stage.request(2, maintenance(0, 1));
    stage.run(20_000);
    expect(stage.writable).toHaveLength(1);
  });
});

describe('a pause', () => {
  it('outlives its leader, until an operator ends it by force on a majority', () => {
    const stage = new Stage(3);
    stage.run(1_000);
    stage.request(2, { kind: 'pause', lengthMs: 600_000, reason: 'any' });
    stage.run(1_000);
    stage.request(2, { kind: 'unpause', isForced: true });
    stage.run(100);
    expect(stage.story.at(-1)).toContain('node2  accepted: in force');
    stage.request(2, { kind: 'pause', lengthMs: 600_000, reason: 'any' });
    stage.run(1_000);
    stage.kill(1);
    stage.run(30_000);
    stage.request(2, { kind: 'unpause', isForced: false });
    stage.request(2, { kind: 'unpause', isForced: true });
    stage.run(10_000);
    expect(stage.writable).toEqual([]);
    stage.request(3, { kind: 'unpause', isForced: true });
    expect(stage.story.at(-1)).toContain('node3  accepted: this node keeps the pause no longer');
    stage.run(10_000);
    expect(stage.writable).toHaveLength(1);
  });

  it('is refused at once where too few other repmgrds answer', () => {
    const stage = new Stage(3, { settings: { failover: 'manual' } });
    stage.run(1_000);
    for (const member of stage.members) member.isUp = member.id === 1;
    stage.run(20_000);
    expect(stage.writable).toEqual([1]);
    stage.request(1, { kind: 'pause', lengthMs: 60_000, reason: 'any' });
    expect(stage.story.at(-1)).toContain('refused: too few other repmgrds answer');
  });
});
