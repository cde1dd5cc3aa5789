/**
 * Watches the server of this node: a connection that stays open, whose break is news at once, and a look at server and
 * files at regular intervals. One look at a time; whoever asks for one during a look gets another right after it.
 */
import { forgetNewCopy } from '../../cluster/rejoin/new-copy.ts';
import type { ServerObservation } from '../../failover/server-observation.ts';
import { RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Logger } from '../../log/logger.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import { connect, type Connection } from '../../postgres/connection.ts';
import { findPostmaster, type Postmaster } from '../../postgres/postmaster.ts';
import { type OwnStatus, ownStatus } from '../../postgres/queries/own-status.ts';
import { monotonicMs } from '../../system/clock.ts';
import { observeClosedStandby } from './closed-standby.ts';
import type { WalEndReader } from './end-of-wal.ts';
import { findAfterLoss, observeEnded } from './ended-server.ts';
import { Newcomers } from './newcomers.ts';
import { observationOf, observationOfFiles } from './observation.ts';
import { meaningOf, type Unreached, withoutAnswer } from './reachability.ts';
import { readDirectoryMark, readSettingsInFiles } from './server-files.ts';
import type { ServerPlace } from './server-place.ts';

export interface ServerWatchOptions {
  readonly self: NodeId;
  readonly place: ServerPlace;
  /** The one that the effects use too, so that both measure alike. */
  readonly walEnd: WalEndReader;
  readonly conninfo: () => Conninfo;
  readonly nodes: () => readonly NodeRecord[];
  readonly intervalMs: () => number;
  /** How long new connections may be refused, and a start may last. */
  readonly hangMs: () => number;
  readonly onObserved: (observation: ServerObservation) => void;
  /** A connection to the running server was opened. */
  readonly onConnected: (connection: Connection) => void;
  readonly log: Logger;
}

export class ServerWatch {
  readonly #options: ServerWatchOptions;
  #connection: Connection | undefined;
  #last: ServerObservation | undefined;
  #looking: Promise<void> | undefined;
  #isAskedFor = false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #hasStalled = false;
  /** The connection broke, and nobody has looked since. */
  #hasLostSession = false;
  /** Since when the server has not been as one that runs: for quick looks, and for `hanging`. */
  #troubledSince: number | undefined;
  #complaint = '';
  /** Of the present postmaster. */
  #directory: Pick<ServerObservation, 'directory' | 'isNewCopy'> = {};
  /** The postmaster of the connection. */
  #mark: string | undefined;
  readonly #newcomers = new Newcomers();
  #isClosedStandby = false;

  constructor(options: ServerWatchOptions) {
    this.#options = options;
  }

  /** The server runs as a standby, and lets nobody in before it is promoted. */
  get isClosedStandby(): boolean {
    return this.#isClosedStandby;
  }

  /** Looks now; ends when the look after this call is told. Never throws. */
  async look(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#isAskedFor = true;
      await this.#looking;
      if (!this.#isAskedFor) return await this.#looking;
    }
    this.#isAskedFor = false;
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
      this.#schedule();
    });
    await this.#looking;
  }

  /** A local flush has not ended for `write_stall_secs`, or ends again. */
  noteStall(hasStalled: boolean): void {
    if (this.#hasStalled === hasStalled) return;
    this.#hasStalled = hasStalled;
    if (this.#last?.condition === 'running' && hasStalled)
      this.#tell({ ...this.#last, condition: 'stalled' });
    else void this.look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#connection?.close();
    await this.#looking;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    // Whoever has asked meanwhile looks at once.
    if (this.#isClosed || this.#isAskedFor) return;
    this.#timer = setTimeout(() => void this.look(), this.#pauseMs());
  }

  /** What has just changed may change again: a server that dies or starts is looked at more often. */
  #pauseMs(): number {
    const intervalMs = this.#options.intervalMs();
    if (this.#troubledSince === undefined || this.#last?.postmaster === null) return intervalMs;
    const isQuick = monotonicMs() - this.#troubledSince < limits.serverLookQuickForMs;
    return isQuick ? Math.min(limits.serverLookQuickMs, intervalMs) : intervalMs;
  }

  async #lookOnce(): Promise<void> {
    if (this.#isClosed) return;
    const observation = (await this.#askKept()) ?? (await this.#lookForPostmaster());
    if (!this.#isClosed) this.#tell(observation);
  }

  /** A session does not outlive its postmaster: while it answers, nothing else needs to be looked at. */
  async #askKept(): Promise<ServerObservation | undefined> {
    const mark = this.#last?.postmaster;
    if (this.#connection === undefined || this.#mark !== mark || !mark) return undefined;
    this.#newcomers.tryNowAndThen(this.#connection);
    const answer = await this.#ask('');
    return typeof answer === 'object' ? await this.#observe(answer, mark) : undefined;
  }

  async #lookForPostmaster(): Promise<ServerObservation> {
    const { place } = this.#options;
    const find = this.#hasLostSession
      ? findAfterLoss(place)
      : findPostmaster(place.dataDirectory).catch(() => undefined);
    this.#hasLostSession = false;
    const postmaster = await find;
    return postmaster === undefined ? await this.#observeNone() : await this.#observeRunning(postmaster);
  }

  #tell(observation: ServerObservation): void {
    this.#last = observation;
    this.#options.onObserved(observation);
    if (observation.isNewCopy !== true || observation.condition !== 'running') return;
    this.#directory = { ...this.#directory, isNewCopy: false };
    void forgetNewCopy(this.#options.place);
  }

  async #observeNone(): Promise<ServerObservation> {
    const { place, walEnd } = this.#options;
    this.#troubledSince ??= monotonicMs();
    this.#dropConnection();
    return await observeEnded(place, walEnd, this.#last);
  }

  async #observeRunning(postmaster: Postmaster): Promise<ServerObservation> {
    const mark = `${postmaster.pid} ${postmaster.lockFile.startedAt}`;
    if (this.#last?.postmaster !== mark) {
      const before = this.#directory.directory;
      this.#directory = await readDirectoryMark(this.#options.place);
      if (this.#directory.directory === before) this.#options.walEnd.forgetEnd();
      else this.#options.walEnd.forget();
      this.#hasStalled = false;
      this.#newcomers.forget();
      if (this.#last !== undefined) this.#dropConnection();
    }
    const answer = await this.#ask(postmaster.lockFile.status);
    this.#mark = mark;
    const isStarting = answer === 'starting';
    const closed = isStarting ? await observeClosedStandby(this.#options, postmaster, this.#last) : undefined;
    this.#isClosedStandby = closed !== undefined;
    if (typeof answer === 'object') return await this.#observe(answer, mark);
    if (answer === 'alive' || closed !== undefined) this.#troubledSince = undefined;
    else this.#troubledSince ??= monotonicMs();
    if (closed !== undefined) return { ...closed, ...this.#directory, postmaster: mark };
    const last = this.#last?.postmaster === mark ? this.#last : undefined;
    const isLate = monotonicMs() - (this.#troubledSince ?? monotonicMs()) > this.#options.hangMs();
    const { condition, keepsLast } = withoutAnswer(answer, isLate, last?.condition);
    const kept = keepsLast ? last : undefined;
    // Its files say what a standby has that starts, however long that takes.
    const readsFiles = kept === undefined && (isStarting || condition === 'starting');
    const end = readsFiles ? await this.#options.walEnd.inFiles() : {};
    return {
      ...(kept ?? observationOfFiles(await readSettingsInFiles(this.#options.place), this.#last)),
      ...end,
      ...this.#directory,
      condition,
      postmaster: mark,
    };
  }

  async #ask(status: string): Promise<OwnStatus | Unreached> {
    const { conninfo, log } = this.#options;
    try {
      this.#connection ??= await this.#connect(conninfo());
      return await ownStatus(this.#connection, { deadlineMs: limits.ownServerAnswerMs });
    } catch (error) {
      if (!(error instanceof RepmgrError)) throw error;
      this.#dropConnection();
      const meaning = meaningOf(error, status);
      const complaint = `${error.message}: ${error.detail}`;
      if (this.#complaint !== complaint) {
        this.#complaint = complaint;
        const level = meaning === 'alive' ? 'ERROR' : 'INFO';
        log.log(level, `the local server does not answer: ${error.message}`, error);
      }
      return meaning;
    }
  }

  async #connect(conninfo: Conninfo): Promise<Connection> {
    const connection = await connect(conninfo, { deadlineMs: limits.ownServerAnswerMs });
    connection.whenLost(() => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      this.#hasLostSession = true;
      this.#troubledSince ??= monotonicMs();
      void this.look();
    });
    if (this.#isClosed) await connection.close();
    else this.#options.onConnected(connection);
    return connection;
  }

  #dropConnection(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    void connection?.close();
  }

  async #observe(status: OwnStatus, mark: string): Promise<ServerObservation> {
    const { self, place, nodes } = this.#options;
    this.#complaint = '';
    this.#troubledSince = undefined;
    const tellsAll = status.primaryConninfo !== undefined;
    const [end, settings] = await Promise.all([
      this.#options.walEnd.ofRunning(status),
      tellsAll ? undefined : readSettingsInFiles(place),
    ]);
    const letsNobodyIn = this.#newcomers.refusedForMs > this.#options.hangMs();
    return {
      ...observationOf({ status, end, settings, self, nodes: nodes() }),
      ...this.#directory,
      condition: this.#hasStalled ? 'stalled' : letsNobodyIn ? 'hanging' : 'running',
      postmaster: mark,
    };
  }
}
