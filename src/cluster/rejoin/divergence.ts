/** Where the WAL of this node left that of the server that it is to follow. */
import { type Conninfo, mergeConninfo } from '../../model/conninfo.ts';
import { type Divergence, findDivergence, type TimelinePath } from '../../model/timeline.ts';
import { openReplicationConnection } from '../../postgres/replication-connection.ts';

/** The timeline of a server that runs, with its ancestors. @throws RepmgrError of connecting and querying, interrupted */
export async function timelinePathOf(conninfo: Conninfo, signal: AbortSignal): Promise<TimelinePath> {
  // Not under the standby's own name: nobody shall take this connection for the standby.
  const named = mergeConninfo(conninfo, { application_name: 'repmgr' });
  const connection = await openReplicationConnection(named, { signal });
  try {
    const { timelineId } = await connection.identifySystem();
    return { timelineId, history: await connection.timelineHistory(timelineId) };
  } finally {
    await connection.close();
  }
}

export interface Diverged extends Divergence {
  /**
   * A rewind sees where both parted: it compares the numbers of timelines, and the two must not have given one number to
   * different ones.
   */
  readonly isVisible: boolean;
}

/** Pure. @returns undefined where both have nothing in common */
export function divergenceOf(own: TimelinePath, theirs: TimelinePath): Diverged | undefined {
  const found = findDivergence(own, theirs);
  if (found === undefined) return undefined;
  const isSameNumber = own.timelineId === theirs.timelineId && own.timelineId !== found.timelineId;
  const isInTheirs = theirs.history.some(({ timelineId }) => timelineId === own.timelineId);
  const collides = own.timelineId !== found.timelineId && (isSameNumber || isInTheirs);
  return { ...found, isVisible: !collides && theirs.timelineId !== found.timelineId };
}
