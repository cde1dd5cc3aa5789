/**
 * Asks every node of the metadata at once what it is at this moment. Nothing is changed, no node waits for another,
 * and a node that is frozen costs its own connect time-out and no more.
 */
import { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { NodeRecord } from '../model/node.ts';
import { connectAllowanceMs } from '../postgres/connect-timeout.ts';
import { connect, type Connection } from '../postgres/connection.ts';
import { attemptFailureOf } from '../postgres/connection-failure.ts';
import { type ServerStatus, serverStatus } from '../postgres/queries/server-status.ts';
import { monotonicMs } from '../system/clock.ts';

/** Why a server that runs does not let us in. */
export type Refusal =
  | 'starting_up'
  | 'shutting_down'
  | 'too_many_connections'
  | 'password'
  | 'authorization'
  | 'database_missing'
  | 'other';

export type Answer =
  | { readonly kind: 'answered'; readonly status: ServerStatus; readonly serverVersion: number }
  /** It has no PostgreSQL, and its repmgrd answers. */
  | { readonly kind: 'witness' }
  /** PostgreSQL is there and said no. */
  | { readonly kind: 'refusing'; readonly refusal: Refusal; readonly reason: string }
  /** Nobody listens, the host is unknown, the conninfo is unusable, the connection broke. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** Nothing came back in time: a frozen server, a dead host, packets that are dropped. */
  | { readonly kind: 'silent'; readonly waitedMs: number };

export interface NodeObservation {
  readonly node: NodeRecord;
  readonly answer: Answer;
}

export interface SurveyOptions {
  /** Asks the repmgrd of a witness without PostgreSQL. @returns why it does not answer; undefined: it does */
  readonly askDaemon?: ((node: NodeRecord) => Promise<string | undefined>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** An open connection to one of the nodes, used instead of a second one. The caller closes it. */
  readonly open?: { readonly connection: Connection; readonly conninfo: string } | undefined;
}

/**
 * @returns one observation a node, by node id
 * @throws RepmgrError interrupted; a node that fails is an answer, never an error
 */
export async function surveyNodes(
  nodes: readonly NodeRecord[],
  options: SurveyOptions = {},
): Promise<NodeObservation[]> {
  const byId = nodes.toSorted((a, b) => a.id - b.id);
  return Promise.all(byId.map(async (node) => ({ node, answer: await ask(node, options) })));
}

async function ask(node: NodeRecord, options: SurveyOptions): Promise<Answer> {
  const { signal, open } = options;
  // To connect with nothing given would ask whatever server is the default here.
  if (node.conninfo === '') return await askWithoutServer(node, options);
  const startedAtMs = monotonicMs();
  let own: Connection | undefined;
  try {
    const isOpen = open !== undefined && open.conninfo === node.conninfo;
    own = isOpen ? undefined : await connect(node.conninfo, { signal });
    const connection = own ?? open?.connection;
    if (connection === undefined) throw new Error('connect() gave no connection');
    // Connecting and asking together take one connect time-out.
    const remainingMs = connectAllowanceMs(connection.conninfo) - (monotonicMs() - startedAtMs);
    const deadlineMs = Math.max(limits.surveyQueryMinimumMs, remainingMs);
    const status = await serverStatus(connection, { deadlineMs, signal });
    return { kind: 'answered', status, serverVersion: connection.version.number };
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    return failedAnswer(error, monotonicMs() - startedAtMs);
  } finally {
    void own?.close();
  }
}

async function askWithoutServer(node: NodeRecord, { askDaemon }: SurveyOptions): Promise<Answer> {
  const mayBeAsked = node.role === 'witness' && askDaemon !== undefined;
  const reason = mayBeAsked ? await askDaemon(node) : 'its row has no conninfo';
  return reason === undefined ? { kind: 'witness' } : { kind: 'unreachable', reason };
}

/** What the failure to connect or to ask means: a server that spoke, a network that did, or neither. */
function failedAnswer(error: RepmgrError, waitedMs: number): Answer {
  const attempt = attemptFailureOf(error);
  if (attempt?.kind === 'timeout' || error.code === 'query_timeout') return { kind: 'silent', waitedMs };
  const reason = attempt?.reason ?? error.detail ?? error.message;
  if (attempt?.kind === 'password') return { kind: 'refusing', refusal: 'password', reason };
  if (attempt?.kind === 'refused') {
    return { kind: 'refusing', refusal: refusals[attempt.code ?? ''] ?? 'other', reason };
  }
  return { kind: 'unreachable', reason };
}

/** By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const refusals: Readonly<Record<string, Refusal>> = {
  '57P01': 'shutting_down',
  '57P03': 'starting_up',
  '53300': 'too_many_connections',
  '28000': 'authorization',
  '3D000': 'database_missing',
};
