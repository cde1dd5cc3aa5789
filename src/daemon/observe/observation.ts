/** Puts together what the core is told of the own server, from what the server and its files say. Pure. */
import type { ServerObservation } from '../../failover/server-observation.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import type { OwnStatus } from '../../postgres/queries/own-status.ts';
import { type EndOfWal, unknownEnd } from './end-of-wal.ts';
import type { SettingsInFiles } from './server-files.ts';
import { attachedOf, upstreamOf } from './upstream.ts';
import { lsnBytes } from './wal-marks.ts';

export interface Answered {
  readonly status: OwnStatus;
  readonly end: EndOfWal;
  /** Undefined where the server itself tells its recovery settings (12+). */
  readonly settings: SettingsInFiles | undefined;
  readonly self: NodeId;
  readonly nodes: readonly NodeRecord[];
}

export function observationOf({
  status,
  end,
  settings,
  ...answered
}: Answered): Omit<ServerObservation, 'condition' | 'postmaster'> {
  const { self, nodes } = answered;
  const { receiver, receivedLsn, replayedLsn } = status;
  return {
    isInRecovery: status.isInRecovery,
    ...end,
    replayedLsn: replayedLsn === undefined ? null : lsnBytes(replayedLsn),
    isReplayPaused: status.isReplayPaused,
    hasReplayDelay: status.hasReplayDelay || isDelay(settings?.['recovery_min_apply_delay']),
    receiver:
      receiver === undefined
        ? null
        : {
            upstream: upstreamOf(receiver, self, nodes),
            receivedLsn: lsnBytes(receivedLsn ?? replayedLsn ?? noLsn),
          },
    attached: attachedOf(status.senders, self, nodes),
    primaryConninfo: status.primaryConninfo ?? settings?.['primary_conninfo'] ?? '',
    synchronousStandbyNames: status.synchronousStandbyNames,
    restartAfterCrash: status.restartAfterCrash,
  };
}

/** Of a server that tells nothing itself. */
export function observationOfFiles(
  settings: SettingsInFiles,
  last: ServerObservation | undefined,
): Omit<ServerObservation, 'condition' | 'postmaster'> {
  return {
    isInRecovery: null,
    ...unknownEnd,
    replayedLsn: null,
    isReplayPaused: false,
    hasReplayDelay: isDelay(settings['recovery_min_apply_delay']),
    receiver: null,
    attached: [],
    primaryConninfo: settings['primary_conninfo'] ?? '',
    synchronousStandbyNames: settings['synchronous_standby_names'] ?? last?.synchronousStandbyNames ?? '',
    restartAfterCrash: settings['restart_after_crash'] ?? last?.restartAfterCrash ?? 'on',
  };
}

/** A witness: its PostgreSQL, where it has one, holds no data of the cluster. */
export const noServer: ServerObservation = {
  ...observationOfFiles({}, undefined),
  condition: 'none',
  postmaster: null,
  restartAfterCrash: '',
};

const noLsn = 0n as NonNullable<OwnStatus['receivedLsn']>;

function isDelay(text: string | undefined): boolean {
  return text !== undefined && !/^0\s*(ms|s|min|h|d)?$/.test(text.trim());
}
