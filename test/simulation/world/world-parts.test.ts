import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostClock } from './clock.ts';
import { Disk } from './disk.ts';
import { type LinkOptions, Network } from './network.ts';
import { Random } from './random.ts';
import { Process, Schedule } from './schedule.ts';
import { Branch, branchAt, commonLsn, contains, marksOf, type WalPosition } from './wal.ts';

const link: LinkOptions = {
  delayMs: 2,
  jitterMs: 0,
  lossChance: 0,
  duplicateChance: 0,
  lateChance: 0,
  lateMs: 0,
};

/** What arrives at node 2 of what node 1 sends each millisecond, and when. */
function arrivals(part: Partial<LinkOptions>, during?: (network: Network, ms: number) => void): number[] {
  const schedule = new Schedule();
  const network = new Network(schedule, new Random(3), { ...link, ...part }, 3);
  const arrived: number[] = [];
  for (let ms = 0; ms < 100; ms += 1) {
    schedule.after(ms, undefined, () => {
      during?.(network, ms);
      network.send(1, 2, () => arrived.push(ms));
    });
  }
  schedule.runUntil(10_000);
  return arrived;
}

describe('virtual time', () => {
  it('runs what is due in its order, and what is due at once in the order of its making', () => {
    const schedule = new Schedule();
    const seen: string[] = [];
    schedule.after(5, undefined, () => seen.push('late'));
    schedule.after(1, undefined, () => seen.push('first'));
    schedule.after(1, undefined, () => seen.push('second'));
    schedule.runUntil(10);
    expect(seen).toEqual(['first', 'second', 'late']);
    expect(schedule.now).toBe(10);
  });

  it('keeps what comes due for a frozen process until it is thawed, and drops what a dead one waited for', () => {
    const schedule = new Schedule();
    const process = new Process('any');
    const seen: number[] = [];
    for (const ms of [1, 2, 3]) schedule.after(ms, process, () => seen.push(ms));
    schedule.freeze(process);
    schedule.runUntil(10);
    expect(seen).toEqual([]);
    schedule.thaw(process);
    schedule.runUntil(10);
    expect(seen).toEqual([1, 2, 3]);
    schedule.after(1, process, () => seen.push(4));
    schedule.kill(process);
    schedule.runUntil(20);
    expect(seen).toEqual([1, 2, 3]);
  });
});

describe('the clocks of a host', () => {
  it('go at its rate, and begin anew with a boot', () => {
    const clock = new HostClock(1.01);
    clock.boot(1_000);
    expect(clock.monotonicMs(2_000)).toBeCloseTo(1_010);
    expect(clock.virtualMs(1_010)).toBeCloseTo(1_000);
  });

  it('show a suspension in the time since the boot alone, or in none where it is hidden', () => {
    const clock = new HostClock(1);
    clock.boot(0);
    clock.wasSuspended(400, false);
    expect([clock.monotonicMs(1_000), clock.bootTimeMs(1_000)]).toEqual([600, 1_000]);
    clock.wasSuspended(100, true);
    expect([clock.monotonicMs(1_000), clock.bootTimeMs(1_000)]).toEqual([500, 900]);
  });
});

describe('a disk', () => {
  const syncedAfter = (
    prepare: (disk: Disk) => void,
  ): { readonly ms: number; readonly isDurable: boolean } => {
    const schedule = new Schedule();
    const disk = new Disk(schedule, new Random(1), { syncMs: 10, slowChance: 0 });
    const process = new Process('any');
    const results: { ms: number; isDurable: boolean }[] = [];
    prepare(disk);
    disk.sync(process, (isDurable) => results.push({ ms: schedule.now, isDurable }));
    schedule.after(2, undefined, () => prepare(disk));
    schedule.runUntil(10_000);
    return results[0] ?? { ms: Number.NaN, isDurable: false };
  };

  it('takes its time, and hangs for as long as it does', () => {
    expect(syncedAfter(() => {}).ms).toBeLessThanOrEqual(15);
    const hanging = syncedAfter((disk) => disk.hang(1_000));
    expect(hanging.ms).toBeGreaterThan(1_000);
    expect(hanging.isDurable).toBe(true);
  });

  it('says what could not be made durable', () => {
    expect(syncedAfter((disk) => disk.fail(true)).isDurable).toBe(false);
  });
});

describe('a network', () => {
  const all = Array.from({ length: 100 }, (_, index) => index);

  it('delivers each message once, in order', () => {
    expect(arrivals({})).toEqual(all);
  });

  it('loses what is sent into a cut or is under way when it happens, until every cut is healed', () => {
    const arrived = arrivals({}, (network, ms) => {
      if (ms === 20 || ms === 30) network.cut(1, 2);
      if (ms === 40 || ms === 60) network.heal(1, 2);
    });
    expect(arrived).toEqual(all.filter((ms) => ms < 18 || ms >= 60));
  });

  it('cuts one direction alone', () => {
    expect(arrivals({}, (network) => network.cut(2, 1))).toEqual(all);
  });

  it('loses, doubles and delays as it is told', () => {
    const lost = arrivals({ lossChance: 0.5 });
    expect(lost.length).toBeGreaterThan(20);
    expect(lost.length).toBeLessThan(80);
    expect(arrivals({ duplicateChance: 1 })).toHaveLength(200);
    const late = arrivals({ lateChance: 0.5, lateMs: 500 });
    expect(late.toSorted((one, other) => one - other)).toEqual(all);
    expect(late).not.toEqual(all);
  });
});

describe('write-ahead logs', () => {
  const root = new Branch(1, 1, undefined, 0);
  const elected = new Branch(2, 2, root, 500);
  const collision = new Branch(2, 3, root, 500);
  const regrown = new Branch(1, 1, root, 400);
  const upTo = (branch: Branch): WalPosition => ({ branch, lsn: 800 });

  it('are the same up to the fork, whatever the numbers say', () => {
    expect(commonLsn(upTo(root), upTo(elected))).toBe(500);
    expect(commonLsn(upTo(elected), upTo(collision))).toBe(500);
    expect(commonLsn(upTo(root), upTo(regrown))).toBe(400);
    expect(commonLsn(upTo(elected), upTo(regrown))).toBe(400);
    expect(marksOf(elected)).toEqual(marksOf(collision));
    expect(marksOf(regrown)).toEqual(marksOf(root));
  });

  it('contain each other by what they have in common', () => {
    const any = fc.record({ branch: fc.constantFrom(root, elected, collision, regrown), lsn: fc.nat(1_000) });
    fc.assert(
      fc.property(any, any, (one, other) => {
        const common = commonLsn(one, other);
        expect(commonLsn(other, one)).toBe(common);
        expect(common).toBeLessThanOrEqual(Math.min(one.lsn, other.lsn));
        expect(contains(one, other)).toBe(common === other.lsn);
        expect(contains(one, one)).toBe(true);
        expect(branchAt(one, common)).toBe(branchAt(other, common));
      }),
    );
  });
});

describe('random numbers', () => {
  it('are those of their seed and stream', () => {
    const numbers = (seed: number, stream?: number) => {
      const random = new Random(seed, stream);
      return Array.from({ length: 5 }, () => random.below(1_000_000));
    };
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
    expect(numbers(7)).not.toEqual(numbers(7, 1));
    expect(numbers(2 ** 53 - 1)).not.toEqual(numbers(2 ** 53 - 2));
  });
});
