/** The WAL receiver of a standby: connects, streams, and is not gone the moment one wishes it. */
import { commonLsn, type Branch } from '../world/wal.ts';
import { parseSynchronousNames } from './data-directory.ts';
import type { PostgresServer } from './server.ts';
import { startOfStreaming, WalStream } from './wal-stream.ts';

/** An attempt to connect to a host that does not answer ends after connect_timeout. */
const connectTimeoutMs = 10_000;

export class WalReceiver {
  readonly #server: PostgresServer;
  #stream: WalStream | undefined;
  /** Counts what supersedes attempts to connect. */
  #attempt = 0;
  #isConnecting = false;

  constructor(server: PostgresServer) {
    this.#server = server;
  }

  get stream(): WalStream | undefined {
    return this.#stream;
  }

  /** A process exists: it streams or is about to. */
  get exists(): boolean {
    return this.#stream !== undefined || this.#isConnecting;
  }

  /** The node that it streams from. */
  get upstream(): number | undefined {
    return this.#stream?.upstream.node;
  }

  /** The startup process wants WAL: it starts a receiver where primary_conninfo names a server. */
  startSoon(afterMs: number): void {
    this.#attempt += 1;
    const attempt = this.#attempt;
    const { around, process } = this.#server;
    around.schedule.after(afterMs, process, () => {
      if (attempt === this.#attempt) this.#connect();
    });
  }

  /** primary_conninfo changed: the startup process acts on it when it next needs WAL. */
  reload(): void {
    const { around, process, phase, hasReplayedAll, directory, replayBlockedUntil } = this.#server;
    if (phase !== 'recovery' || !hasReplayedAll) return;
    const { habits, random, schedule } = around;
    const isLingering = replayBlockedUntil > schedule.now || random.chance(habits.receiverLingerChance);
    const ms = isLingering ? habits.receiverLingerMs : random.between(3, 30);
    const { primaryConninfo } = directory;
    schedule.after(ms, process, () => {
      if (directory.primaryConninfo !== primaryConninfo) return;
      this.end();
      if (primaryConninfo !== '') this.startSoon(0);
    });
  }

  /** SIGTERM: the startup process starts another one at once if primary_conninfo still names a server. */
  terminate(): void {
    this.end();
    this.startSoon(1);
  }

  /** The startup process ends it. */
  end(): void {
    this.#attempt += 1;
    this.#isConnecting = false;
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.endReceiver(true);
  }

  processEnded(isHostAlive: boolean): void {
    this.#attempt += 1;
    this.#isConnecting = false;
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.endReceiver(isHostAlive);
  }

  /** The connection broke. */
  lost(stream: WalStream): void {
    stream.hasReceiver = false;
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#server.around.watcher.changed(this.#server);
    this.startSoon(this.#server.around.habits.receiverRetryMs * this.#server.around.random.between(0.2, 1));
  }

  flushed(): void {
    this.#stream?.reportFlush();
  }

  /** WAL has come through the stream. */
  receive(stream: WalStream, branch: Branch, end: number): void {
    if (this.#stream !== stream) return;
    const { directory, around } = this.#server;
    const common = commonLsn({ branch, lsn: end }, directory.end);
    const isElsewhere = directory.branch !== branch && common < Math.min(end, directory.writtenLsn);
    if (isElsewhere && directory.flushedLsn <= common) {
      // What was not synced has not been replayed either: it stays behind in the segment files of its own timeline.
      directory.writtenLsn = common;
    } else if (isElsewhere) {
      directory.isCorrupt = true;
      around.watcher.corrupted(this.#server, stream.upstream);
    }
    around.watcher.walReceived(this.#server, stream.upstream);
    this.#server.receiveWal(branch, end);
  }

  #connect(): void {
    const server = this.#server;
    const { around, directory, process } = server;
    if (server.phase !== 'recovery' || server.isPromoting || this.exists) return;
    const upstream = around.findServer(Number(directory.primaryConninfo.replace('node ', '')));
    if (directory.primaryConninfo === '' || upstream === undefined || upstream === server) return;
    this.#isConnecting = true;
    this.#attempt += 1;
    const attempt = this.#attempt;
    const isReachable = around.network.isOpenBothWays(server.node, upstream.node) && upstream.host.isUp;
    const roundTripMs = 2 * around.network.delayMs(server.node, upstream.node) + 2;
    around.schedule.after(isReachable ? roundTripMs : connectTimeoutMs, process, () => {
      if (attempt !== this.#attempt) return;
      this.#isConnecting = false;
      this.#attach(upstream, isReachable);
    });
  }

  #attach(upstream: PostgresServer, wasReachable: boolean): void {
    const server = this.#server;
    const { around } = server;
    const accepts =
      wasReachable &&
      around.network.isOpenBothWays(server.node, upstream.node) &&
      (upstream.phase === 'writable' || upstream.phase === 'recovery') &&
      !upstream.process.isFrozen &&
      !upstream.isPostmasterStopped &&
      !upstream.isFull &&
      around.isHearing(server.node, upstream.node);
    const start = accepts ? startOfStreaming(server, upstream) : undefined;
    if (start === undefined || start === 'refused') {
      this.startSoon(around.habits.receiverRetryMs);
      return;
    }
    if (start === 'collision') {
      server.directory.isCorrupt = true;
      around.watcher.corrupted(server, upstream);
    }
    const stream = new WalStream(upstream, server, around.schedule, around.network);
    this.#stream = stream;
    upstream.streams.add(stream);
    for (const timeline of upstream.directory.histories) server.directory.histories.add(timeline);
    stream.names = parseSynchronousNames(upstream.namesOfNewSessions);
    around.watcher.changed(server);
    stream.pump();
  }
}
