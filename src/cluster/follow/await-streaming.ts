/** Waits until the local server streams from the node that it follows, as both ends say. */
import { RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { type Conninfo, parseConninfo } from '../../model/conninfo.ts';
import { connect, type Connection, type QueryOptions } from '../../postgres/connection.ts';
import { replicationSenders, type WalReceiver, walReceiver } from '../../postgres/queries/server.ts';
import { waitUntil } from '../../system/clock.ts';
import type { UpstreamFacts } from './inspect-upstream.ts';

export interface StreamingWait {
  /** Of the local server. */
  readonly conninfo: string;
  readonly primaryConninfo: string;
  readonly streamingName: string;
  readonly upstream: { readonly connection: Connection; readonly facts: UpstreamFacts };
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

export interface StreamingLook {
  /** `catching up`: it streams, and the upstream still sends what it lacks. */
  readonly state: 'streaming' | 'catching up' | 'not streaming' | 'unreachable';
  /** What was found; empty where it streams. */
  readonly found: string;
}

/**
 * Connects to the local server as often as needed: it may be starting.
 * @returns the last look, after `deadlineMs` at the latest (and the time for one answer)
 * @throws RepmgrError interrupted
 */
export async function awaitStreaming(wait: StreamingWait): Promise<StreamingLook> {
  let local: Connection | undefined;
  let last: StreamingLook = { state: 'unreachable', found: '' };
  const look = async (): Promise<StreamingLook | undefined> => {
    const options = { deadlineMs: limits.streamingAnswerMs, signal: wait.signal };
    try {
      local ??= await connect(wait.conninfo, options);
      last = await judge(await walReceiver(local, options), local, wait, options);
    } catch (error) {
      if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
      await local?.close();
      local = undefined;
      last = { state: 'unreachable', found: `The local server does not answer: ${error.message}.` };
    }
    return last.state === 'streaming' ? last : undefined;
  };
  try {
    await waitUntil(look, { deadlineMs: wait.deadlineMs, signal: wait.signal });
    return last;
  } finally {
    await local?.close();
  }
}

async function judge(
  receiver: WalReceiver | undefined,
  local: Connection,
  wait: StreamingWait,
  options: QueryOptions,
): Promise<StreamingLook> {
  const { facts, connection } = wait.upstream;
  const hasView = local.version.capabilities.hasWalReceiverView;
  const complaint = hasView ? complaintAbout(receiver, wait) : undefined;
  if (complaint !== undefined) return { state: 'not streaming', found: complaint };
  const senders = await replicationSenders(connection, options).catch((error: unknown) => {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    return error;
  });
  if (senders instanceof RepmgrError) {
    return { state: 'unreachable', found: `The node to follow does not answer: ${senders.message}.` };
  }
  const before = facts.followers.map(({ pid }) => pid);
  // Without a view of the WAL receiver (before 9.6) only a new walsender proves that it is this time's.
  const sender = senders.find(
    ({ applicationName, pid }) =>
      applicationName === wait.streamingName && (hasView || !before.includes(pid)),
  );
  if (sender === undefined) {
    return {
      state: 'not streaming',
      found: `The node to follow lists no standby called "${wait.streamingName}" in pg_stat_replication.`,
    };
  }
  // Hidden from roles that are not members of pg_read_all_stats.
  if (sender.state === 'streaming' || sender.state === undefined) return { state: 'streaming', found: '' };
  if (sender.state === 'catchup') return { state: 'catching up', found: 'It is catching up.' };
  return { state: 'not streaming', found: `The node to follow has it in state "${sender.state}".` };
}

/** Columns that the role may not see are no complaint. */
function complaintAbout(receiver: WalReceiver | undefined, wait: StreamingWait): string | undefined {
  if (receiver === undefined) return 'No WAL receiver runs on the local server.';
  if (isElsewhere(receiver, wait.primaryConninfo)) {
    return 'The WAL receiver of the local server still streams from its former upstream.';
  }
  if (receiver.status !== undefined && receiver.status !== 'streaming') {
    return `The WAL receiver of the local server is in state "${receiver.status}".`;
  }
  const { timelineId } = wait.upstream.facts.identity;
  const { receivedTimeline } = receiver;
  return receivedTimeline !== undefined && receivedTimeline < timelineId
    ? `The WAL receiver of the local server is on timeline ${receivedTimeline}, not on ${timelineId}.`
    : undefined;
}

function isElsewhere(receiver: WalReceiver, primaryConninfo: string): boolean {
  const [used, wanted] = [settingsOf(receiver.conninfo ?? ''), settingsOf(primaryConninfo)];
  return ['host', 'hostaddr', 'port'].some(
    (keyword) =>
      used[keyword] !== undefined && wanted[keyword] !== undefined && used[keyword] !== wanted[keyword],
  );
}

function settingsOf(text: string): Conninfo {
  const parsed = parseConninfo(text);
  return parsed.kind === 'parsed' ? parsed.conninfo : {};
}
