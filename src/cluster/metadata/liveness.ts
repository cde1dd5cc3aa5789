/** What each repmgrd writes of its node every few seconds: when it was seen, how far it is; and monitoring history. */
import type { NodeId } from '../../model/node.ts';
import type { Connection, QueryOptions } from '../../postgres/connection.ts';
import { qualified } from './names.ts';

export interface LivenessSample {
  readonly node: NodeId;
  /** Undefined for a node that is no standby: it gets no row of history. */
  readonly standby: StandbySample | undefined;
  /** The condition of its server. */
  readonly state: string;
  readonly role: 'primary' | 'standby' | 'witness';
  readonly timelineId: number | undefined;
  /** Undefined: the repmgrd that is seen did not tell. */
  readonly daemonVersion: string | undefined;
}

/** Of a witness all but the time is undefined. */
export interface StandbySample {
  readonly primary: NodeId;
  readonly time: string;
  readonly lastCommitAt: string | undefined;
  readonly receivedLsn: string | undefined;
  readonly replayedLsn: string | undefined;
}

/**
 * One statement on the primary, which knows by itself how far it has written.
 * @param withHistory also a row of `repl_monitor`
 * @throws RepmgrError query_failed, query_timeout or connection_lost
 */
export async function writeLiveness(
  primary: Connection,
  cluster: string,
  sample: LivenessSample,
  withHistory: boolean,
  options?: QueryOptions,
): Promise<void> {
  const { standby } = sample;
  const common = [
    sample.node,
    sample.state,
    sample.role,
    sample.timelineId ?? null,
    sample.daemonVersion ?? null,
    receivedBy(standby) ?? null,
    standby?.replayedLsn ?? null,
    standby?.lastCommitAt ?? null,
  ];
  if (standby === undefined || !withHistory) {
    await primary.query(`WITH ${sampleOf(primary)} ${updateOf(cluster)}`, common, options);
    return;
  }
  await primary.query(
    `WITH ${sampleOf(primary)}, updated AS (${updateOf(cluster)}) ${insertOf(cluster)}`,
    [...common, standby.primary, standby.time],
    options,
  );
}

/** Where WAL comes from an archive nothing is received: what was replayed stands for it. */
function receivedBy(standby: StandbySample | undefined): string | undefined {
  return standby?.receivedLsn ?? standby?.replayedLsn;
}

/** One row: the parameters 6 to 8, and what the primary makes of them. */
function sampleOf({ version }: Connection): string {
  const { hasLsnType, walNames } = version.capabilities;
  const lsn = hasLsnType ? 'pg_lsn' : 'text';
  const lag = (behind: string, ahead: string): string =>
    `coalesce(greatest(0, ${walNames.lsnDiff}(${ahead}, ${behind})), 0)::bigint`;
  return `sample AS (
    SELECT known.*, ${lag('known.received', 'known.written')} AS lag_bytes,
           ${lag('known.replayed', 'known.received')} AS apply_bytes
      FROM (SELECT $1::integer AS node_id, ${walNames.currentLsn}() AS written, $6::text::${lsn} AS received,
                   $7::text::${lsn} AS replayed, $8::text::timestamptz AS last_commit_at) AS known)`;
}

function updateOf(cluster: string): string {
  return `
    UPDATE ${qualified(cluster, 'repmgr_node')} AS node
       SET last_seen = clock_timestamp(), state = $2, role = $3, timeline = $4, daemon_version = $5,
           received_lsn = sample.received::text, replayed_lsn = sample.replayed::text,
           lag_bytes = sample.lag_bytes,
           lag_seconds = CASE WHEN sample.lag_bytes + sample.apply_bytes > 0
                              THEN extract(epoch FROM clock_timestamp() - sample.last_commit_at) ELSE 0 END
      FROM sample WHERE node.node_id = sample.node_id RETURNING node.node_id`;
}

function insertOf(cluster: string): string {
  return `
    INSERT INTO ${qualified(cluster, 'repl_monitor')}
           (primary_node, standby_node, last_monitor_time, last_apply_time, last_wal_primary_location,
            last_wal_standby_location, replication_lag, apply_lag)
    SELECT $9::integer, node_id, $10::text::timestamptz, last_commit_at, written::text, received::text,
           lag_bytes, apply_bytes
      FROM sample`;
}
