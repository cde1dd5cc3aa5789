import { describe, expect, it } from 'vitest';
import { Stage } from './support/stage.ts';

/** The story as an operator would read it; kept in traces/, so that a change of what is decided is seen. */
async function expectStory(stage: Stage, name: string): Promise<void> {
  await expect(`${stage.story.join('\n')}\n`).toMatchFileSnapshot(`traces/${name}.txt`);
}

describe('three nodes', () => {
  it('begin with the recorded primary as the leader of term 1', async () => {
    const stage = new Stage(3);
    expect(stage.writable).toEqual([1]);
    await expectStory(stage, 'bootstrap');
  });

  it('replace a dead host after the lease', async () => {
    const stage = new Stage(3);
    stage.kill(1);
    stage.run(7_000);
    expect(stage.writable).toEqual([2]);
    await expectStory(stage, 'dead-host');
  });

  it('replace a crashed PostgreSQL at once, and lose nothing that its disk still has', async () => {
    const stage = new Stage(3);
    stage.run(1_000);
    stage.crash(1, 500);
    stage.run(1_000);
    expect(stage.writable).toEqual([2]);
    expect(stage.members.map(({ server }) => server?.end)).toEqual([1_500, 1_500, 1_500]);
    await expectStory(stage, 'crashed-postgresql');
  });

  it('hold and fence a primary that is cut off, and only then promote another', async () => {
    const stage = new Stage(3);
    stage.cut(1);
    stage.run(4_400);
    expect(stage.writable).toEqual([]);
    stage.run(2_000);
    expect(stage.writable).toEqual([2]);
    stage.cut();
    stage.run(2_000);
    expect(stage.writable).toEqual([2]);
    expect(stage.members.map(({ server }) => server?.upstream)).toEqual([2, null, 2]);
    await expectStory(stage, 'cut-off-primary');
  });

  it('hold for a blip, and go on', async () => {
    const stage = new Stage(3);
    stage.cut(1);
    stage.run(2_500);
    stage.cut();
    stage.run(5_000);
    expect(stage.writable).toEqual([1]);
    await expectStory(stage, 'blip');
  });

  it('switch over to the node that an operator names', async () => {
    const stage = new Stage(3);
    stage.run(1_000);
    stage.request(3, { kind: 'switchover', to: 3 as never });
    stage.run(1_000);
    expect(stage.writable).toEqual([3]);
    expect(stage.members.map(({ server }) => server?.upstream)).toEqual([3, 3, null]);
    await expectStory(stage, 'switchover');
  });

  it('keep still in a pause, and take over when it has ended', async () => {
    const stage = new Stage(3);
    stage.request(2, { kind: 'pause', lengthMs: 20_000, reason: 'new kernel' });
    stage.run(1_000);
    stage.kill(1);
    stage.run(20_000);
    expect(stage.writable).toEqual([]);
    stage.run(12_000);
    expect(stage.writable).toEqual([2]);
    await expectStory(stage, 'pause');
  });
});

describe('an operator promotes a standby while the PostgreSQL of the primary is down', () => {
  it('in a pause: the leader gives up its term, and with it the pause', async () => {
    const stage = new Stage(3);
    stage.run(1_000);
    stage.request(1, { kind: 'pause', lengthMs: 600_000, reason: 'patches' });
    stage.run(1_000);
    stage.crash(1, 500);
    stage.run(20_000);
    expect(stage.writable).toEqual([]);
    stage.request(3, { kind: 'promote', isForced: false });
    stage.run(2_000);
    expect(stage.writable).toEqual([3]);
    expect(stage.members.map(({ server }) => server?.end)).toEqual([1_500, 1_500, 1_500]);
    await expectStory(stage, 'promoted-in-a-pause');
  });

  it('where failover=manual is set everywhere, on this node too', async () => {
    const stage = new Stage(3, { settings: { failover: 'manual' } });
    stage.run(1_000);
    stage.crash(1);
    stage.run(20_000);
    expect(stage.writable).toEqual([]);
    stage.request(2, { kind: 'promote', isForced: false });
    stage.run(2_000);
    expect(stage.writable).toEqual([2]);
    await expectStory(stage, 'promoted-with-failover-manual');
  });

  it('a primary that is up stays one', () => {
    const stage = new Stage(3);
    stage.run(1_000);
    stage.request(2, { kind: 'promote', isForced: false });
    stage.run(10_000);
    expect(stage.writable).toEqual([1]);
  });
});

describe('a primary and its only standby', () => {
  it('never fence because the standby died', async () => {
    const stage = new Stage(2);
    stage.kill(2);
    stage.run(30_000);
    expect(stage.writable).toEqual([1]);
    await expectStory(stage, 'two-nodes-standby-dies');
  });

  it('restart a crashed PostgreSQL in place where nobody could take over', async () => {
    const stage = new Stage(2);
    stage.kill(2);
    stage.run(8_000);
    stage.crash(1);
    stage.run(5_000);
    expect(stage.writable).toEqual([1]);
    await expectStory(stage, 'two-nodes-crash-alone');
  });

  it('fail over at once again where the new primary crashes too', () => {
    const stage = new Stage(2);
    stage.run(1_000);
    stage.crash(1);
    stage.run(700);
    expect(stage.writable).toEqual([2]);
    stage.crash(2);
    stage.run(500);
    expect(stage.writable).toEqual([1]);
  });

  it('fail over without a quorum where an operator forces it, and once the other is back it joins', async () => {
    const stage = new Stage(2);
    stage.run(1_000);
    stage.kill(1);
    stage.run(8_000);
    expect(stage.writable).toEqual([]);
    stage.request(2, { kind: 'promote', isForced: true });
    stage.run(3_000);
    expect(stage.writable).toEqual([2]);
    expect(stage.members[1]?.state.durable.record?.voters).toEqual([2]);
    stage.start(1);
    stage.run(10_000);
    expect(stage.writable).toEqual([2]);
    expect(stage.members[1]?.state.durable.record?.voters).toEqual([2, 1]);
    await expectStory(stage, 'forced');
  });

  it('fail over alone with failover_quorum=none', async () => {
    const stage = new Stage(2, { settings: { failoverQuorum: 'none' } });
    stage.run(1_000);
    stage.kill(1);
    stage.run(8_000);
    expect(stage.writable).toEqual([2]);
    await expectStory(stage, 'without-a-quorum');
  });

  it('fail over with a witness when the host of the primary dies', async () => {
    const stage = new Stage(3, { hasWitness: true });
    stage.kill(1);
    stage.run(7_000);
    expect(stage.writable).toEqual([2]);
    await expectStory(stage, 'witness');
  });
});

describe('nodes that are lost one after the other', () => {
  it('are forgotten, so that the last one stays writable', async () => {
    const stage = new Stage(5, { settings: { voterRemovalMs: 20_000 } });
    for (const id of [5, 4, 3, 2]) {
      stage.kill(id);
      stage.run(40_000);
    }
    expect(stage.writable).toEqual([1]);
    expect(stage.members[0]?.state.durable.record?.voters).toEqual([1]);
    stage.start(2);
    stage.run(10_000);
    expect(stage.members[0]?.state.durable.record?.voters).toEqual([1, 2]);
    await expectStory(stage, 'one-after-the-other');
  });

  it('are taken in anew where they lost their state file', async () => {
    const stage = new Stage(3);
    stage.kill(3);
    const lost = stage.members[2];
    if (lost !== undefined) lost.file = null;
    stage.run(1_000);
    stage.start(3);
    stage.run(5_000);
    expect(stage.members[2]?.state.durable.hasLostState).toBe(false);
    expect(stage.members[0]?.state.durable.record?.voters).toEqual([1, 2, 3]);
    await expectStory(stage, 'lost-state-file');
  });
});
