import { describe, expect, it } from 'vitest';
import { node } from './support/one-node.ts';
import { Stage } from './support/stage.ts';

const manual = { failover: 'manual' } as const;
const disconnected = 'standby_disconnect_manual';

function member(stage: Stage, id: number) {
  const found = stage.members.find((it) => it.id === id);
  if (found === undefined) throw new Error(`no node ${id}`);
  return found;
}

function upstreamOf(stage: Stage, id: number): number | null | undefined {
  return member(stage, id).server?.upstream;
}

function told(stage: Stage): readonly string[] {
  return stage.events.filter((name) => name === disconnected);
}

/** Node 3 of three fails over by hand only, node 1 is gone, and node 2 leads with its vote. */
function failedOver(): Stage {
  const stage = new Stage(3, { own: { 3: manual } });
  stage.run(5_000);
  stage.kill(1);
  stage.run(20_000);
  expect(stage.writable).toEqual([2]);
  return stage;
}

describe('a standby with failover=manual', () => {
  it('votes, and is left alone by another primary than its own, which is said once', () => {
    const stage = failedOver();
    stage.run(60_000);
    expect(upstreamOf(stage, 3)).toBeNull();
    expect(told(stage)).toHaveLength(1);
    expect(stage.story.join('\n')).toContain('runs "repmgr standby follow" on this node');
  });

  it('goes on with the primary that an operator makes it follow, though its vote had frozen it', () => {
    const stage = failedOver();
    stage.request(3, { kind: 'follow', node: node(2) });
    stage.run(5_000);
    expect(upstreamOf(stage, 3)).toBe(2);
    expect(member(stage, 3).state.durable.frozen).toBeNull();
    stage.cut(2);
    stage.run(1_000);
    stage.cut();
    stage.run(10_000);
    expect(upstreamOf(stage, 3)).toBe(2);
    expect(told(stage)).toHaveLength(1);
  });

  it('is left alone after a restart of its repmgrd too, which says nothing more', () => {
    const stage = failedOver();
    stage.start(3);
    stage.run(30_000);
    expect(upstreamOf(stage, 3)).toBeNull();
    expect(told(stage)).toHaveLength(1);
  });

  it('thaws by itself where its own primary goes on in a higher term', () => {
    const stage = new Stage(3, { own: { 3: manual }, settings: { shutdownGraceMs: 60_000 } });
    stage.run(5_000);
    stage.cut(2);
    stage.run(20_000);
    stage.cut();
    stage.run(10_000);
    expect(stage.writable).toEqual([1]);
    expect(upstreamOf(stage, 3)).toBe(1);
    expect(told(stage)).toEqual([]);
  });

  it('follows as any other once failover=automatic is set on it', () => {
    const stage = failedOver();
    stage.changeSettings(3, { failover: 'automatic' });
    stage.run(10_000);
    expect(upstreamOf(stage, 3)).toBe(2);
  });
});

describe('an operator who has a standby follow', () => {
  it('is refused before the primary is heard of, and where the WAL diverged', () => {
    const stage = failedOver();
    stage.cut(3);
    stage.run(10_000);
    stage.request(3, { kind: 'follow', node: node(2) });
    expect(stage.story.at(-1)).toContain('refused: no repmgrd is heard beside a writable primary');
    stage.cut();
    stage.run(5_000);
    Object.assign(member(stage, 3).server ?? {}, { end: 1_000_000 });
    stage.start(3);
    stage.run(2_000);
    stage.request(3, { kind: 'follow', node: node(2) });
    expect(stage.story.at(-1)).toContain('refused: its WAL diverged from that of node2');
    expect(upstreamOf(stage, 3)).toBeNull();
  });

  it('is refused another standby than the primary while a vote binds it', () => {
    const stage = new Stage(4, { own: { 3: manual } });
    stage.run(5_000);
    stage.kill(1);
    stage.run(20_000);
    stage.request(3, { kind: 'follow', node: node(4) });
    expect(stage.story.at(-1)).toContain('it has to follow the primary, node2, first');
    stage.request(3, { kind: 'follow', node: node(2) });
    stage.run(2_000);
    stage.request(3, { kind: 'follow', node: node(4) });
    stage.run(20_000);
    expect(upstreamOf(stage, 3)).toBe(4);
  });
});
