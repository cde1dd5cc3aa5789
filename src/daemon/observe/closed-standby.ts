/** What is seen of a standby that lets nobody in (hot_standby=off): files and processes tell what a session would. */
import type { ServerObservation } from '../../failover/server-observation.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import { isClosedStandby } from '../../postgres/closed-standby.ts';
import type { Postmaster } from '../../postgres/postmaster.ts';
import { hasStreamingReceiver } from '../../postgres/wal-receiver-process.ts';
import type { WalEndReader } from './end-of-wal.ts';
import { observationOfFiles } from './observation.ts';
import { readSettingsInFiles } from './server-files.ts';
import type { ServerPlace } from './server-place.ts';
import { upstreamOf } from './upstream.ts';

export interface ClosedStandbyOptions {
  readonly self: NodeId;
  readonly place: ServerPlace;
  readonly walEnd: WalEndReader;
  readonly nodes: () => readonly NodeRecord[];
}

/**
 * @returns undefined where it is none
 * @throws the system's error where /proc does not tell
 */
export async function observeClosedStandby(
  { self, place, walEnd, nodes }: ClosedStandbyOptions,
  postmaster: Postmaster,
  last: ServerObservation | undefined,
): Promise<Omit<ServerObservation, 'postmaster'> | undefined> {
  if (!(await isClosedStandby(place, postmaster))) return undefined;
  const [settings, end, streams] = await Promise.all([
    readSettingsInFiles(place),
    walEnd.inFiles(),
    hasStreamingReceiver(postmaster.pid),
  ]);
  const upstream = upstreamOf({ conninfo: settings['primary_conninfo'] }, self, nodes());
  return {
    ...observationOfFiles(settings, last),
    ...end,
    condition: 'running',
    isInRecovery: true,
    receiver: streams && end.endOfWal !== null ? { upstream, receivedLsn: end.endOfWal } : null,
  };
}
