/** What a repmgrd sees of a server: its own, with all that a local connection and the files tell; another's, over SQL. */
import type { LsnBytes, TimelineMark } from '../../../src/failover/position.ts';
import type {
  AttachedStandby,
  PeerAnswer,
  ServerCondition,
  ServerObservation,
} from '../../../src/failover/server-observation.ts';
import type { NodeId } from '../../../src/model/node.ts';
import type { PostgresServer } from '../postgres/server.ts';
import { type Branch, marksOf } from '../world/wal.ts';

/** How long each state of the server may last before it has another name. */
export interface Patience {
  readonly stallMs: number;
  readonly hangMs: number;
}

export const noServer: ServerObservation = {
  condition: 'none',
  postmaster: null,
  isInRecovery: null,
  timeline: null,
  endOfWal: null,
  endIsExact: false,
  replayedLsn: null,
  isReplayPaused: false,
  hasReplayDelay: false,
  receiver: null,
  attached: [],
  primaryConninfo: '',
  synchronousStandbyNames: '',
  restartAfterCrash: '',
};

export function timelineOf(branch: Branch): readonly TimelineMark[] {
  return marksOf(branch) as readonly TimelineMark[];
}

/** @param previous what can't be asked now is what it was, while the same postmaster lives */
export function observe(
  server: PostgresServer,
  previous: ServerObservation | undefined,
  condition: ServerCondition,
): ServerObservation {
  const postmaster = server.phase === 'none' ? null : String(server.incarnation);
  const answers = isAnswering(server);
  if (!answers && postmaster !== null && previous?.postmaster === postmaster && server.phase !== 'starting') {
    return { ...previous, condition };
  }
  const { directory, phase } = server;
  const isReadable = !server.host.disk.isFailing && !server.host.disk.isHanging && !server.isBeingCopied;
  const canRead = answers || isReadable;
  return {
    condition,
    postmaster,
    isInRecovery: answers ? phase === 'recovery' : null,
    timeline: canRead ? timelineOf(directory.branch) : null,
    endOfWal: canRead ? (endOfWal(server) as LsnBytes) : null,
    endIsExact: canRead && endIsExact(server),
    replayedLsn: server.replayedLsn as LsnBytes,
    isReplayPaused: server.isReplayPaused,
    hasReplayDelay: server.hasReplayDelay,
    receiver:
      server.receiver.upstream === undefined
        ? null
        : {
            upstream: server.receiver.upstream as NodeId,
            receivedLsn: directory.flushedLsn as LsnBytes,
          },
    attached: answers ? attachedTo(server) : [],
    primaryConninfo: directory.primaryConninfo,
    synchronousStandbyNames: directory.synchronousNames,
    restartAfterCrash: directory.restartAfterCrash,
    directory: String(directory.identity),
  };
}

/** Running: the flushed end; while it still replays what it found: how far that is. Not running: as the files say. */
export function endOfWal(server: PostgresServer): number {
  const { directory, phase } = server;
  if (phase === 'none') return directory.writtenLsn;
  return endIsExact(server) ? directory.flushedLsn : server.replayedLsn;
}

export function endIsExact({ phase, hasReplayedAll }: PostgresServer): boolean {
  return phase === 'none' || (phase !== 'starting' && hasReplayedAll);
}

function attachedTo(server: PostgresServer): readonly AttachedStandby[] {
  const attached: AttachedStandby[] = [];
  for (const stream of server.streams) {
    attached.push({
      node: stream.standby.node as NodeId,
      flushedLsn: stream.flushedLsn as LsnBytes,
      syncPriority: stream.isNamed ? 1 : 0,
    });
  }
  return attached;
}

export function isAnswering(server: PostgresServer): boolean {
  return (server.phase === 'recovery' || server.phase === 'writable') && !server.process.isFrozen;
}

/** @param sinceMs for how long the server has been as it is now */
export function conditionOf(server: PostgresServer, sinceMs: number, patience: Patience): ServerCondition {
  switch (server.phase) {
    case 'none':
      return server.directory.control.startsWith('shut down') ? 'shutDown' : 'crashed';
    case 'starting':
      return sinceMs > patience.hangMs ? 'hanging' : 'starting';
    case 'shuttingDown':
      return 'shuttingDown';
    case 'recovery':
    case 'writable':
      if ((server.process.isFrozen || server.isPostmasterStopped) && sinceMs > patience.hangMs)
        return 'hanging';
      if (server.phase === 'writable' && server.host.disk.isHanging && sinceMs > patience.stallMs)
        return 'stalled';
      return 'running';
  }
}

/** What a connection attempt of another host is told. */
export function answerOverSql(server: PostgresServer): PeerAnswer {
  if (server.process.isFrozen || server.isPostmasterStopped) return 'silent';
  switch (server.phase) {
    case 'none':
      return 'silent';
    case 'starting':
      return 'starting';
    case 'shuttingDown':
      return 'alive';
    case 'recovery':
      return server.isFull || server.isShuttingDownSmartly ? 'alive' : 'inRecovery';
    case 'writable':
      return server.isFull || server.isShuttingDownSmartly ? 'alive' : 'writable';
  }
}
