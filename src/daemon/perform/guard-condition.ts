/** What the guard asks the server: whether so many voters have its newest WAL that the others are no quorum. Pure. */
import { quorumOf, setsOf } from '../../failover/quorum.ts';
import type { VoterRecord } from '../../failover/voter-record.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import { nameOf } from './names.ts';

/**
 * A condition in SQL, in one line, for the setting `repmgr.guard_lsn`. While a change of the voters is pending both sets
 * have to be content.
 */
export function guardCondition(
  record: VoterRecord | null,
  self: NodeId,
  nodes: readonly NodeRecord[],
  { capabilities }: ServerVersion,
): string {
  if (record === null) return 'false';
  const conditions = setsOf(record).map((voters) => {
    const needed = neededBeside(voters.length);
    if (needed <= 0) return 'true';
    const names = voters
      .filter((id) => id !== self)
      .map((id) => nameOf(id, nodes))
      .filter((name) => name !== undefined)
      .map((name) => quoteLiteral(name.toLowerCase()));
    if (names.length < needed) return 'false';
    return `(SELECT count(DISTINCT lower(application_name)) FROM pg_catalog.pg_stat_replication WHERE ${capabilities.walNames.flushColumn} >= current_setting('repmgr.guard_lsn')::pg_lsn AND lower(application_name) IN (${names.join(', ')})) >= ${needed}`;
  });
  return conditions.join(' AND ');
}

/** So many others that the rest could not form a quorum; a set of two never meets the fence condition. */
function neededBeside(voters: number): number {
  return voters === 2 ? 0 : voters - quorumOf(voters);
}

function quoteLiteral(text: string): string {
  const inOneLine = text.replaceAll(/[\n\t\r]/g, ' ');
  return `'${inOneLine.replaceAll("'", "''")}'`;
}
