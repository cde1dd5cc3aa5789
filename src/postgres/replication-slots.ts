/** Physical replication slots: what keeps the WAL on an upstream that a standby still needs. */
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { waitUntil } from '../system/clock.ts';
import type { Connection } from './connection.ts';

export interface ReplicationSlot {
  readonly name: string;
  readonly kind: 'physical' | 'logical';
  readonly isActive: boolean;
  /** WAL that it should have kept is gone (13+): nobody can stream from it any more. */
  readonly isLost: boolean;
}

/** All slots of a server (PostgreSQL 9.4+), ordered by name. */
export async function listSlots(connection: Connection): Promise<ReplicationSlot[]> {
  const isLost = connection.version.capabilities.hasSlotWalStatus
    ? "coalesce(wal_status = 'lost', false)"
    : 'false';
  return connection.query<ReplicationSlot>(
    `SELECT slot_name::text AS name, slot_type AS kind, active AS "isActive", ${isLost} AS "isLost"
       FROM pg_catalog.pg_replication_slots ORDER BY slot_name`,
  );
}

/**
 * All slots, after the one of this name was given some seconds to become free: a walsender notices late that its
 * client has gone. @throws RepmgrError of querying, interrupted
 */
export async function listSettledSlots(
  connection: Connection,
  name: string,
  signal: AbortSignal,
): Promise<ReplicationSlot[]> {
  let slots: ReplicationSlot[] = [];
  await waitUntil(
    async () => {
      slots = await listSlots(connection);
      return slots.some((slot) => slot.name === name && slot.isActive) ? undefined : true;
    },
    { deadlineMs: limits.slotReleaseMs, signal },
  );
  return slots;
}

/**
 * Creates a physical slot that keeps WAL from now on (9.6+; before, from its first use). An existing one that nobody
 * uses is taken over, or made anew where it has lost its WAL.
 * @returns whether it was created now; false where an inactive physical slot of this name was there
 * @throws RepmgrError slot_unavailable where it is in use, is logical, or no more slots are allowed
 */
export async function createSlot(connection: Connection, name: string): Promise<boolean> {
  const existing = (await listSlots(connection)).find((slot) => slot.name === name);
  if (existing !== undefined) {
    refuseForeignSlot(existing);
    if (!existing.isLost) return false;
    await dropSlot(connection, name);
  }
  const reserveWal = connection.version.capabilities.canReserveSlotWal;
  try {
    await connection.query(
      `SELECT pg_catalog.pg_create_physical_replication_slot($1${reserveWal ? ', true' : ''})`,
      [name],
    );
    return true;
  } catch (error) {
    throw failure('slot_unavailable', {
      message: `could not create replication slot "${name}"`,
      detail: error instanceof Error ? error.message : String(error),
      hint: `Look at pg_replication_slots on ${connection.host}:${connection.port}; raise max_replication_slots or drop a slot that nobody needs.`,
      cause: error,
    });
  }
}

/** Drops a slot that nobody uses. @returns false where there is no inactive slot of this name */
export async function dropSlot(connection: Connection, name: string): Promise<boolean> {
  const dropped = await connection.query(
    `SELECT pg_catalog.pg_drop_replication_slot(slot_name)
       FROM pg_catalog.pg_replication_slots WHERE slot_name = $1 AND NOT active`,
    [name],
  );
  return dropped.length > 0;
}

/** @throws RepmgrError slot_unavailable */
export function refuseForeignSlot(slot: ReplicationSlot): void {
  if (slot.kind === 'logical') {
    throw failure('slot_unavailable', {
      message: `replication slot "${slot.name}" exists, and is a logical one`,
      detail: 'A standby streams from a physical one, which needs this name.',
      hint: 'Drop it where nobody needs it: SELECT pg_drop_replication_slot(...).',
    });
  }
  if (slot.isActive) {
    throw failure('slot_unavailable', {
      message: `replication slot "${slot.name}" is in use`,
      detail: 'A standby with the same node id is streaming from it right now.',
      hint: 'Give each node an id of its own in repmgr.conf, or stop the other standby first.',
    });
  }
}
