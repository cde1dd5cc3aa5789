/**
 * A connection to a walsender: what PostgreSQL's own pg_basebackup and pg_receivewal speak.
 * See https://www.postgresql.org/docs/current/protocol-replication.html
 */
import { failure } from '../errors.ts';
import type { Conninfo } from '../model/conninfo.ts';
import { type Lsn, parseLsn } from '../model/lsn.ts';
import {
  parseTimelineHistory,
  type TimelineHistory,
  type TimelineId,
  toTimelineId,
} from '../model/timeline.ts';
import { type ConnectOptions, versionOfSession } from './connection.ts';
import { tapCopies } from './copy-tap.ts';
import { type ReplicationAnswer, type ResultRow, runCommand } from './replication-command.ts';
import { keepOpen } from './open-client.ts';
import { openSession } from './session.ts';
import type { ServerVersion } from './version.ts';

export type { ReplicationAnswer } from './replication-command.ts';

export interface SystemIdentity {
  /** Common to all servers of a cluster; 64 bits, as text. */
  readonly systemIdentifier: string;
  readonly timelineId: TimelineId;
  /** The end of what is flushed (on a standby: of what was received and replayed). */
  readonly lsn: Lsn;
}

export interface ReplicationConnection {
  readonly version: ServerVersion;
  readonly host: string;
  readonly port: number;
  /** The settings that were used; no password. */
  readonly conninfo: Conninfo;
  /** IDENTIFY_SYSTEM. @throws RepmgrError query_failed, query_timeout, connection_lost */
  identifySystem(): Promise<SystemIdentity>;
  /**
   * TIMELINE_HISTORY; timeline 1 has an empty one and is not asked for.
   * @throws RepmgrError query_failed (SQLSTATE 58P01 where the server has no such file), query_timeout, connection_lost
   */
  timelineHistory(timelineId: TimelineId): Promise<TimelineHistory>;
  /**
   * Runs one command and tells `answer` what comes, in order: result sets, and copies out of the server. While a
   * promise that `answer` gave is open, nothing more is read from the server.
   * @throws RepmgrError query_failed, query_timeout, connection_lost, interrupted; whatever `answer` throws
   */
  runReplicationCommand(command: string, answer: ReplicationAnswer): Promise<void>;
  /** Never throws; safe to call twice. */
  close(): Promise<void>;
}

/**
 * Connects as `connect()` does; the user needs REPLICATION and pg_hba.conf an entry for the database `replication`.
 * @throws RepmgrError as connect()
 */
export async function openReplicationConnection(
  conninfo: Conninfo | string,
  options: ConnectOptions = {},
): Promise<ReplicationConnection> {
  const session = await openSession(conninfo, { ...options, isReplication: true });
  const open = keepOpen(session);
  const tap = tapCopies(session.client.connection.stream);
  const run: Run = async (command, answer) => runCommand({ session, open, tap }, command, answer);
  try {
    return {
      version: versionOfSession(session),
      host: session.target.host,
      port: session.target.port,
      conninfo: session.settings,
      identifySystem: async () => readIdentity(await firstRow(run, 'IDENTIFY_SYSTEM', options), open.server),
      timelineHistory: async (timelineId) =>
        timelineId === 1
          ? []
          : readHistory(await firstRow(run, `TIMELINE_HISTORY ${timelineId}`, options), open.server),
      runReplicationCommand: run,
      close: () => open.close(),
    };
  } catch (error) {
    await open.close();
    throw error;
  }
}

type Run = ReplicationConnection['runReplicationCommand'];

async function firstRow(run: Run, command: string, { signal }: ConnectOptions): Promise<ResultRow> {
  let row: ResultRow = {};
  await run(command, {
    onResultSet(rows) {
      row = rows[0] ?? {};
    },
    signal,
  });
  return row;
}

function readIdentity(row: ResultRow, server: string): SystemIdentity {
  const systemIdentifier = row['systemid'];
  const timelineId = toTimelineId(Number(row['timeline']));
  const lsn = parseLsn(row['xlogpos'] ?? '');
  if (typeof systemIdentifier !== 'string' || timelineId === undefined || lsn === undefined) {
    throw strangeAnswer('IDENTIFY_SYSTEM', server);
  }
  return { systemIdentifier, timelineId, lsn };
}

function readHistory(row: ResultRow, server: string): TimelineHistory {
  const history = parseTimelineHistory(row['content'] ?? '');
  if (history === undefined) {
    throw strangeAnswer('TIMELINE_HISTORY', server);
  }
  return history;
}

function strangeAnswer(command: string, server: string): Error {
  return failure('query_failed', {
    message: `the answer of "${server}" to ${command} cannot be understood`,
    detail: 'What came has not the columns that PostgreSQL sends.',
    hint: 'Connect to PostgreSQL itself: a connection pooler in between does not speak this protocol.',
  });
}
