/** Which logical slots a failover would lose, and whom consumers of failover slots wait for. */
import { describe, expect, it } from 'vitest';
import {
  slotsNotCopied,
  slotsWithoutCopies,
  supersededSlots,
  synchronizedStandbySlots,
} from '../../src/cluster/logical-slots.ts';
import type { LogicalSlotStatus } from '../../src/postgres/queries/logical-slots.ts';

function slot(name: string, changes: Partial<LogicalSlotStatus> = {}): LogicalSlotStatus {
  return { name, isFailover: true, isSynced: false, isLost: false, ...changes };
}

describe('slots that no standby copies', () => {
  it('are all of them before PostgreSQL 17, which the hint says', () => {
    const found = slotsWithoutCopies(
      [slot('a', { isFailover: null }), slot('b', { isFailover: null })],
      'n1',
    );
    expect(found?.message).toBe('a failover would lose logical replication slots "a", "b" of n1');
    expect(found?.hint).toContain('from 17 on');
  });

  it('are from then on those that are no failover slots', () => {
    expect(slotsWithoutCopies([slot('a'), slot('b', { isFailover: false })], 'n1')).toMatchObject({
      message: 'a failover would lose logical replication slot "b" of n1',
      hint: expect.stringContaining('failover = true'),
    });
    expect(slotsWithoutCopies([slot('a')], 'n1')).toBeUndefined();
  });
});

describe('failover slots that a standby lacks', () => {
  it('are none where it has a copy of each', () => {
    const standby = [slot('a', { isSynced: true }), slot('own', { isFailover: false })];
    expect(slotsNotCopied([slot('a'), slot('b', { isFailover: false })], standby, 'n2')).toBeUndefined();
  });

  it.each([
    ['it has none', []],
    ['its copy lost what it needs', [slot('a', { isSynced: true, isLost: true })]],
  ])('are told where %s', (_, standby) => {
    expect(slotsNotCopied([slot('a')], standby, 'n2')).toMatchObject({
      message: 'a failover to n2 would lose logical replication slot "a"',
      hint: expect.stringContaining('sync_replication_slots'),
    });
  });

  it('are told with what keeps the copy away: a slot of its own, from when it was the primary', () => {
    expect(slotsNotCopied([slot('a')], [slot('a')], 'n2')?.hint).toContain("pg_drop_replication_slot('a')");
  });
});

it('slots of a former primary are superseded by usable copies of the same name alone', () => {
  const own = [slot('a', { isLost: true }), slot('b'), slot('c', { isSynced: true }), slot('d')];
  const primary = [slot('a'), slot('b', { isLost: true }), slot('c'), slot('d', { isFailover: false })];
  expect(supersededSlots(own, primary).map(({ name }) => name)).toEqual(['a']);
  expect(supersededSlots([slot('a', { isFailover: false })], primary)).toEqual([]);
});

describe('synchronized_standby_slots', () => {
  it('names the followers, and keeps names that are not of repmgr', () => {
    expect(synchronizedStandbySlots('', ['repmgr_slot_3', 'repmgr_slot_2'])).toBe(
      'repmgr_slot_2, repmgr_slot_3',
    );
    expect(synchronizedStandbySlots('"archive", repmgr_slot_1', ['repmgr_slot_2'])).toBe(
      'archive, repmgr_slot_2',
    );
    expect(synchronizedStandbySlots('repmgr_slot_1', [])).toBe('');
  });

  it('is left alone where it is right, in whatever order', () => {
    expect(
      synchronizedStandbySlots('repmgr_slot_3,"repmgr_slot_2"', ['repmgr_slot_2', 'repmgr_slot_3']),
    ).toBeUndefined();
    expect(synchronizedStandbySlots('', [])).toBeUndefined();
  });
});
