import { describe, expect, it } from 'vitest';
import { contains, marksOf } from '../world/wal.ts';
import { CalmServers, firstLsn } from './calm-servers.ts';

const timelineOf = (servers: CalmServers, id: number) => servers.node(id).directory.branch.timeline;
const endOf = (servers: CalmServers, id: number) => servers.node(id).directory.end;

describe('a primary', () => {
  it('acknowledges a commit when it is synced, and not before', () => {
    const servers = new CalmServers(1);
    expect(servers.write(1)).toBe(true);
    expect(servers.acknowledged).toEqual([]);
    servers.pass(5);
    expect(servers.acknowledged).toEqual([servers.node(1).directory.flushedLsn]);
  });

  it('keeps what was written when its processes are killed, and recovers it', () => {
    const servers = new CalmServers(1);
    servers.write(1);
    const { writtenLsn } = servers.node(1).directory;
    servers.node(1).killPostmaster(0);
    expect(servers.acknowledged).toEqual([]);
    expect(servers.node(1).phase).toBe('none');
    servers.node(1).start('service');
    servers.pass(1_000);
    expect(servers.node(1).phase).toBe('writable');
    expect(servers.node(1).directory.flushedLsn).toBeGreaterThan(writtenLsn);
    expect(timelineOf(servers, 1)).toBe(1);
  });

  it('loses what was not synced when the power fails, and nothing else', () => {
    const servers = new CalmServers(1);
    const { flushedLsn } = servers.node(1).directory;
    servers.write(1);
    servers.node(1).losePower();
    expect(servers.node(1).directory.writtenLsn).toBe(flushedLsn);
  });

  it('leaves orphans that write on until they are killed', () => {
    const servers = new CalmServers(1);
    servers.node(1).killPostmaster(1_000);
    const { writtenLsn } = servers.node(1).directory;
    expect(servers.node(1).isWritable).toBe(true);
    expect(servers.node(1).start('service')).toBe(false);
    servers.pass(500);
    expect(servers.node(1).directory.writtenLsn).toBeGreaterThan(writtenLsn);
    servers.node(1).killEverything();
    expect(servers.node(1).isWritable).toBe(false);
  });

  it('dies where its WAL can not be synced', () => {
    const servers = new CalmServers(1);
    servers.node(1).host.disk.fail(true);
    servers.write(1);
    servers.pass(10);
    expect(servers.node(1).phase).toBe('none');
    expect(servers.acknowledged).toEqual([]);
  });

  it('comes back after the crash of a backend only where its settings say so', () => {
    for (const [restartAfterCrash, phase] of [
      ['on', 'writable'],
      ['off', 'none'],
    ] as const) {
      const servers = new CalmServers(1);
      servers.node(1).directory.restartAfterCrash = restartAfterCrash;
      servers.node(1).crashBackend();
      servers.pass(1_000);
      expect(servers.node(1).phase).toBe(phase);
    }
  });

  it('makes commits wait for a name that nobody has, and lets them go without it', () => {
    const servers = new CalmServers(2);
    servers.node(1).setSynchronousNames('nobody');
    servers.pass(20);
    servers.write(1);
    servers.pass(500);
    expect(servers.acknowledged).toEqual([]);
    servers.node(1).setSynchronousNames('');
    servers.pass(20);
    expect(servers.acknowledged).toHaveLength(1);
  });

  it('waits for the standbys that are named', () => {
    const servers = new CalmServers(3);
    servers.node(1).setSynchronousNames('ANY 1 (2)');
    servers.pass(20);
    servers.cut(2);
    servers.write(1);
    servers.pass(100);
    expect(servers.acknowledged).toEqual([]);
    servers.network.healAll();
    servers.pass(500);
    expect(servers.acknowledged).toHaveLength(1);
  });

  it('sends its standbys everything before a fast shutdown has ended', () => {
    const servers = new CalmServers(3);
    servers.write(1, 5_000);
    servers.node(1).shutDown();
    servers.pass(2_000);
    expect(servers.node(1).directory.control).toBe('shut down');
    for (const id of [2, 3]) expect(endOf(servers, id)).toEqual(endOf(servers, 1));
  });

  it('comes back as a standby where standby.signal lies in its directory', () => {
    const servers = new CalmServers(1);
    servers.node(1).directory.standbySignal = true;
    servers.node(1).killEverything();
    servers.node(1).start('service');
    servers.pass(1_000);
    expect(servers.node(1).phase).toBe('recovery');
    expect(servers.write(1)).toBe(false);
  });
});

describe('a standby', () => {
  it('streams what its upstream has synced', () => {
    const servers = new CalmServers(2);
    servers.write(1);
    servers.pass(50);
    expect(endOf(servers, 2)).toEqual(endOf(servers, 1));
    expect(servers.node(2).directory.flushedLsn).toBeGreaterThan(firstLsn);
  });

  it('is behind by what was written while it was cut off, and catches up', () => {
    const servers = new CalmServers(2);
    servers.cut(2);
    servers.write(1);
    servers.pass(100);
    expect(endOf(servers, 2).lsn).toBeLessThan(endOf(servers, 1).lsn);
    servers.network.healAll();
    servers.pass(3_000);
    expect(endOf(servers, 2)).toEqual(endOf(servers, 1));
  });

  it('promotes to a timeline of its own at the end of its WAL, and takes standby.signal away', () => {
    const servers = new CalmServers(2);
    const { lsn } = endOf(servers, 2);
    expect(servers.node(2).promote()).toBe(true);
    expect(servers.node(2).phase).toBe('recovery');
    servers.pass(200);
    expect(servers.node(2).phase).toBe('writable');
    expect(servers.node(2).directory.standbySignal).toBe(false);
    expect(marksOf(servers.node(2).directory.branch)).toEqual([
      { timelineId: 1, beganAt: 0 },
      { timelineId: 2, beganAt: lsn },
    ]);
  });

  it('can not be kept from a promotion that was called, but by killing it', () => {
    const servers = new CalmServers(2, { promotionBlockChance: 1, promotionBlockMs: 5_000 });
    servers.node(2).promote();
    servers.pass(1_000);
    expect(servers.node(2).phase).toBe('recovery');
    servers.pass(5_000);
    expect(servers.node(2).phase).toBe('writable');
    const others = new CalmServers(2, { promotionBlockChance: 1, promotionBlockMs: 5_000 });
    others.node(2).promote();
    others.pass(1_000);
    others.node(2).killEverything();
    others.node(2).start('service');
    others.pass(10_000);
    expect(others.node(2).phase).toBe('recovery');
  });

  it('follows over a promotion where it has nothing beyond the fork', () => {
    const servers = new CalmServers(3);
    servers.node(1).killEverything();
    servers.node(2).promote();
    servers.pass(200);
    servers.node(3).setPrimaryConninfo('node 2');
    servers.write(2);
    servers.pass(1_000);
    expect(timelineOf(servers, 3)).toBe(2);
    expect(endOf(servers, 3)).toEqual(endOf(servers, 2));
  });

  it('is refused by a server that forked before the end of its WAL', () => {
    const servers = new CalmServers(3);
    servers.cut(2);
    servers.write(1);
    servers.pass(100);
    servers.node(2).promote();
    servers.pass(200);
    servers.network.healAll();
    servers.node(1).killEverything();
    servers.node(3).setPrimaryConninfo('node 2');
    servers.write(2, 50_000);
    servers.pass(3_000);
    expect(servers.node(3).receiver.stream).toBeUndefined();
    expect(contains(endOf(servers, 2), endOf(servers, 3))).toBe(false);
  });

  it('can not tell a timeline of the same number and fork from its own, and is spoilt by it', () => {
    const servers = new CalmServers(2);
    servers.node(1).killEverything();
    servers.node(2).promote();
    servers.node(1).directory.standbySignal = true;
    servers.node(1).start('service');
    servers.pass(1_000);
    const forkedAt = servers.node(2).directory.branch.forkedAt;
    servers.node(1).directory.writtenLsn = forkedAt;
    servers.node(1).directory.flushedLsn = forkedAt;
    servers.node(1).promote();
    servers.pass(200);
    servers.write(1);
    servers.pass(100);
    servers.node(1).killEverything();
    servers.node(1).directory.standbySignal = true;
    servers.node(1).directory.primaryConninfo = 'node 2';
    servers.node(1).start('service');
    servers.write(2, 10_000);
    servers.pass(3_000);
    expect(servers.corrupted).toContain(1);
    expect(servers.node(1).directory.isCorrupt).toBe(true);
  });

  it('has a receiver that streams on for a while after its upstream was taken away, if replay waits', () => {
    const servers = new CalmServers(2, { receiverLingerChance: 1, receiverLingerMs: 1_000 });
    servers.node(2).setPrimaryConninfo('');
    servers.pass(500);
    servers.write(1);
    servers.pass(100);
    expect(endOf(servers, 2)).toEqual(endOf(servers, 1));
    servers.pass(1_000);
    expect(servers.node(2).receiver.exists).toBe(false);
  });

  it('reaches the end of its WAL only a while after it was started', () => {
    const servers = new CalmServers(2);
    servers.node(2).killEverything();
    servers.node(2).start('service');
    for (let ms = 0; servers.node(2).phase !== 'recovery' && ms < 1_000; ms += 1) servers.pass(1);
    expect(servers.node(2).hasReplayedAll).toBe(false);
    servers.pass(1_000);
    expect(servers.node(2).hasReplayedAll).toBe(true);
  });
});
