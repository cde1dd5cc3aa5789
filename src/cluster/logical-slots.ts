/** Logical replication slots, which a failover loses unless each standby has a copy, and who must have what first. Pure. */
import type { LogicalSlotStatus } from '../postgres/queries/logical-slots.ts';

export interface LostSlots {
  readonly message: string;
  readonly hint: string;
}

/**
 * Those that no standby ever copies.
 * @param place the server that has them, in words
 * @returns undefined where there are none
 */
export function slotsWithoutCopies(
  slots: readonly LogicalSlotStatus[],
  place: string,
): LostSlots | undefined {
  const lost = slots.filter(({ isFailover }) => isFailover !== true);
  if (lost.length === 0) return undefined;
  return {
    message: `a failover would lose ${inWords(lost)} of ${place}`,
    hint: lost.some(({ isFailover }) => isFailover === null)
      ? 'PostgreSQL copies slots to standbys from 17 on. Before, make them anew on a new primary, before its clients write.'
      : 'Make them failover slots: ALTER SUBSCRIPTION ... SET (failover = true) where the subscription is, disabled meanwhile; and set sync_replication_slots and hot_standby_feedback on the standbys.',
  };
}

/**
 * Failover slots of a primary that a standby has no usable copy of.
 * @returns undefined where it has all of them
 */
export function slotsNotCopied(
  primary: readonly LogicalSlotStatus[],
  standby: readonly LogicalSlotStatus[],
  standbyName: string,
): LostSlots | undefined {
  const lost = primary.filter(
    ({ name, isFailover }) =>
      isFailover === true && !standby.some((slot) => slot.name === name && isUsable(slot)),
  );
  const inTheWay = standby.filter(
    ({ name, isSynced }) => !isSynced && lost.some((slot) => slot.name === name),
  );
  if (lost.length === 0) return undefined;
  const [first] = inTheWay;
  return {
    message: `a failover to ${standbyName} would lose ${inWords(lost)}`,
    hint:
      first === undefined
        ? 'Set sync_replication_slots and hot_standby_feedback there; its log says why a slot is not copied.'
        : `It has ${inWords(inTheWay)} of its own, which keeps the copy away. Where nobody reads from it there: SELECT pg_drop_replication_slot('${first.name}')`,
  };
}

/**
 * Failover slots that a standby has from the time when it was the primary, and of which the primary has a usable one: a
 * standby cannot make such slots itself.
 */
export function supersededSlots(
  standby: readonly LogicalSlotStatus[],
  primary: readonly LogicalSlotStatus[],
): readonly LogicalSlotStatus[] {
  return standby.filter(
    ({ name, isFailover, isSynced }) =>
      isFailover === true &&
      !isSynced &&
      primary.some((slot) => slot.name === name && slot.isFailover === true && !slot.isLost),
  );
}

/**
 * The slots in `synchronized_standby_slots`: consumers of failover slots are given what these standbys have, so that none is
 * ahead of the next primary. Names that repmgr does not give stay.
 * @param setting what is in force
 * @param followers slots of repmgr's of standbys that stream from this primary
 * @returns undefined where these are in force
 */
export function synchronizedStandbySlots(setting: string, followers: readonly string[]): string | undefined {
  const present = setting
    .split(',')
    .map((name) => name.trim().replaceAll('"', ''))
    .filter((name) => name !== '');
  const others = present.filter((name) => !/^repmgr_slot_\d+$/.test(name));
  const wanted = [...others, ...followers.toSorted()];
  const isRight = wanted.length === present.length && wanted.every((name) => present.includes(name));
  return isRight ? undefined : wanted.join(', ');
}

function isUsable({ isSynced, isLost }: LogicalSlotStatus): boolean {
  return isSynced && !isLost;
}

export function inWords(slots: readonly LogicalSlotStatus[]): string {
  const names = slots.map(({ name }) => `"${name}"`);
  return slots.length === 1
    ? `logical replication slot ${names[0]}`
    : `logical replication slots ${names.join(', ')}`;
}
