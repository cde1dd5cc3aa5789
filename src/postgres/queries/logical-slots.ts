/** Logical replication slots, which exist on one server only unless PostgreSQL 17 copies them, and who waits for whom. */
import type { Connection, QueryOptions } from '../connection.ts';
import type { Capabilities } from '../version.ts';

export interface LogicalSlotStatus {
  readonly name: string;
  /** Standbys may copy it; null before 17, which copies none. */
  readonly isFailover: boolean | null;
  /** It is such a copy, on a standby. */
  readonly isSynced: boolean;
  /** WAL or rows that its consumer needs are gone. */
  readonly isLost: boolean;
}

export interface LogicalSlots {
  readonly isInRecovery: boolean;
  readonly slots: readonly LogicalSlotStatus[];
  /** Physical slots whose standbys must have what consumers of failover slots are given (17+; else empty). */
  readonly synchronizedStandbySlots: string;
}

/** Of the own server (9.4+). @throws RepmgrError query_failed, query_timeout or connection_lost */
export async function logicalSlots(connection: Connection, options?: QueryOptions): Promise<LogicalSlots> {
  const [row] = await connection.query<LogicalSlots>(
    `SELECT pg_catalog.pg_is_in_recovery() AS "isInRecovery",
            ${logicalSlotsColumn(connection.version.capabilities)} AS slots,
            ${connection.version.capabilities.canSynchronizeSlots ? "current_setting('synchronized_standby_slots')" : "''"}
              AS "synchronizedStandbySlots"`,
    [],
    options,
  );
  if (row === undefined) throw new Error('a SELECT without FROM gave no row');
  return row;
}

/**
 * Drops a failover slot of a standby that is no copy, and that nobody reads from (17+).
 * @returns false where there is none by now
 */
export async function dropOwnFailoverSlot(connection: Connection, name: string): Promise<boolean> {
  const dropped = await connection.query(
    `SELECT pg_catalog.pg_drop_replication_slot(slot_name)
       FROM pg_catalog.pg_replication_slots
      WHERE slot_name = $1 AND failover AND NOT synced AND NOT active AND pg_catalog.pg_is_in_recovery()`,
    [name],
  );
  return dropped.length > 0;
}

/** JSON of `LogicalSlotStatus[]`. */
function logicalSlotsColumn(capabilities: Capabilities): string {
  return `(SELECT coalesce(json_agg(slot), '[]')
             FROM (SELECT ${logicalSlotColumns(capabilities)}
                     FROM pg_get_replication_slots()
                    WHERE ${isLogicalSlot(capabilities)}
                    ORDER BY slot_name) AS slot)`;
}

/** Those of a `LogicalSlotStatus`, from pg_get_replication_slots(). */
export function logicalSlotColumns(capabilities: Capabilities): string {
  const isCopied = capabilities.canSynchronizeSlots;
  return `slot_name AS name,
          ${isCopied ? 'failover' : 'NULL::boolean'} AS "isFailover",
          ${isCopied ? 'synced' : 'false'} AS "isSynced",
          ${capabilities.hasSlotWalStatus ? "coalesce(wal_status = 'lost', false)" : 'false'} AS "isLost"`;
}

/** A copy that is temporary still is not complete. */
export function isLogicalSlot(capabilities: Capabilities): string {
  return `slot_type = 'logical'${capabilities.hasTemporarySlots ? ' AND NOT temporary' : ''}`;
}
