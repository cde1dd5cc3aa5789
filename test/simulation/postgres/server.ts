/**
 * One PostgreSQL server as far as a failover is concerned: its life, its WAL, its commits, its promotion. It behaves
 * as servers do, not as one would like them to: a promotion can't be recalled, backends outlive their postmaster.
 */
import type { Host } from '../world/host.ts';
import type { Network } from '../world/network.ts';
import type { Random } from '../world/random.ts';
import type { Process, Schedule } from '../world/schedule.ts';
import { commonLsn, Branch } from '../world/wal.ts';
import { type Commit, Commits } from './commits.ts';
import { type DataDirectory, parseSynchronousNames } from './data-directory.ts';
import type { ServerHabits, ServerWatcher, WayToWritable } from './server-habits.ts';
import { WalReceiver } from './wal-receiver.ts';
import type { WalStream } from './wal-stream.ts';

export type Phase = 'none' | 'starting' | 'recovery' | 'writable' | 'shuttingDown';

/** Who started the postmaster: repmgrd knows what it does, others start whatever is there. */
export type Starter = 'repmgrd' | 'service' | 'operator';

export interface Surroundings {
  readonly schedule: Schedule;
  readonly network: Network;
  readonly random: Random;
  habits: ServerHabits;
  readonly watcher: ServerWatcher;
  /** Whether new connections between two nodes are let through. */
  readonly isHearing: (one: number, other: number) => boolean;
  readonly findServer: (node: number) => PostgresServer | undefined;
}

/** A checkpoint record, which a start, a promotion or a shutdown writes. */
const checkpointBytes = 128;

export class PostgresServer {
  readonly node: number;
  readonly host: Host;
  readonly directory: DataDirectory;
  readonly around: Surroundings;
  readonly commits = new Commits();
  readonly streams = new Set<WalStream>();
  readonly receiver: WalReceiver;
  phase: Phase = 'none';
  /** Counts postmasters. */
  incarnation = 0;
  startedBy: Starter = 'service';
  /** When repmgrd last made sure that it may make it writable. */
  allowedAt = 0;
  /** Backends of a killed postmaster: still computing, and able to commit. */
  hasOrphans = false;
  replayedLsn: number;
  isReplayPaused = false;
  /** Replay has reached the end of the local pg_wal since the start, so that this end is known. */
  hasReplayedAll = true;
  /** Long readers keep replay, and a promotion, waiting. */
  replayBlockedUntil = 0;
  isFull = false;
  hasReplayDelay = false;
  /** SIGSTOP for the postmaster alone: what is connected works on. */
  isPostmasterStopped = false;
  isPromoting = false;
  /** Half of its files are another server's: nobody can start it. */
  isBeingCopied = false;
  isShuttingDownSmartly = false;
  /** synchronous_standby_names as the postmaster has read it. */
  namesOfNewSessions = '';
  /** What sessions go by: synchronous_standby_names as the checkpointer has put it in force. */
  namesInForce = '';
  /** By readers who end with the server. */
  #promotionBlockedUntil = 0;
  #isStopped = false;
  #isFlushing = false;
  #isReplaying = false;

  constructor(node: number, host: Host, directory: DataDirectory, around: Surroundings) {
    this.node = node;
    this.host = host;
    this.directory = directory;
    this.around = around;
    this.receiver = new WalReceiver(this);
    this.replayedLsn = directory.writtenLsn;
  }

  get process(): Process {
    return this.host.postgres;
  }

  /** Someone's commit could be acknowledged here now. */
  get isWritable(): boolean {
    return this.phase === 'writable' || this.hasOrphans;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** @returns false where the start is refused at once */
  start(by: Starter): boolean {
    if (this.phase !== 'none' || this.hasOrphans || !this.host.isUp || this.host.isSuspended) return false;
    if (this.host.disk.isFailing || this.isBeingCopied) return false;
    this.incarnation += 1;
    this.startedBy = by;
    this.isPostmasterStopped = false;
    this.#recover('start');
    return true;
  }

  #recover(how: WayToWritable): void {
    const { random, habits, schedule } = this.around;
    const asStandby = this.directory.standbySignal;
    const wasCleanlyStopped = this.directory.control.startsWith('shut down');
    this.phase = 'starting';
    this.#isFlushing = false;
    this.#isReplaying = false;
    this.isPromoting = false;
    if (!wasCleanlyStopped && !asStandby) this.directory.control = 'in crash recovery';
    const isLong = !wasCleanlyStopped && random.chance(habits.longRecoveryChance);
    const ms = isLong ? habits.longRecoveryMs : habits.recoveryMs * random.between(0.5, 1.5);
    this.around.watcher.changed(this);
    schedule.after(ms, this.process, () =>
      this.host.disk.sync(this.process, (isDurable) => {
        if (!isDurable || random.chance(habits.startFailChance)) this.#die('its start failed');
        else if (asStandby) this.#becomeStandby();
        else this.#becomeWritable(how);
      }),
    );
  }

  #becomeStandby(): void {
    const { directory } = this;
    const { random, habits, schedule } = this.around;
    this.phase = 'recovery';
    directory.control = 'in archive recovery';
    directory.flushedLsn = directory.writtenLsn;
    this.hasReplayedAll = false;
    this.replayedLsn = Math.min(this.replayedLsn, directory.writtenLsn - random.below(2000));
    schedule.after(random.between(0, habits.recoveryMs), this.process, () => this.#replay());
    this.around.watcher.tell(this.node, 'PostgreSQL accepts read-only connections');
    this.around.watcher.changed(this);
  }

  #becomeWritable(how: WayToWritable): void {
    const { directory } = this;
    directory.flushedLsn = directory.writtenLsn;
    if (directory.branch.owner !== this.node || directory.branch.end > directory.writtenLsn) {
      directory.branch = new Branch(
        directory.branch.timeline,
        this.node,
        directory.branch,
        directory.writtenLsn,
      );
    }
    this.#openForWrites(how);
  }

  #openForWrites(how: WayToWritable): void {
    const { directory } = this;
    this.phase = 'writable';
    this.hasReplayedAll = true;
    directory.control = 'in production';
    this.#append(checkpointBytes);
    directory.flushedLsn = directory.writtenLsn;
    this.replayedLsn = directory.writtenLsn;
    this.namesOfNewSessions = directory.synchronousNames;
    this.#nameInForce(directory.synchronousNames);
    for (const stream of this.streams) this.#nameForWalsender(stream, directory.synchronousNames);
    this.around.watcher.becameWritable(this, how);
    this.around.watcher.changed(this);
  }

  /** What pg_promote() asks for; it ends by itself, sooner or later, or never. @returns false where it is refused */
  promote(): boolean {
    const { random, habits, schedule } = this.around;
    if (this.phase !== 'recovery') return false;
    if (this.isPromoting) return true;
    this.isPromoting = true;
    this.isReplayPaused = false;
    this.receiver.end();
    if (random.chance(habits.promotionBlockChance)) {
      this.#promotionBlockedUntil = schedule.now + habits.promotionBlockMs;
    }
    this.#finishPromotion(habits.promotionMs * random.between(0.8, 1.5));
    return true;
  }

  #finishPromotion(afterMs: number): void {
    const { random, habits, schedule, watcher } = this.around;
    schedule.after(afterMs, this.process, () => {
      const blockedMs = Math.max(this.replayBlockedUntil, this.#promotionBlockedUntil) - schedule.now;
      if (blockedMs > 0) {
        this.#finishPromotion(blockedMs);
        return;
      }
      this.host.disk.sync(this.process, (isDurable) => {
        if (!isDurable || random.chance(habits.promotionFailChance)) {
          this.#die('its promotion failed');
          return;
        }
        const { directory } = this;
        let timeline = directory.branch.timeline + 1;
        while (directory.histories.has(timeline)) timeline += 1;
        directory.histories.add(timeline);
        directory.branch = new Branch(timeline, this.node, directory.branch, directory.writtenLsn);
        directory.standbySignal = false;
        this.isPromoting = false;
        for (const stream of this.streams) stream.endSender(true);
        watcher.tell(
          this.node,
          `PostgreSQL is promoted to timeline ${timeline} at ${directory.branch.forkedAt}`,
        );
        this.#openForWrites('promotion');
      });
    });
  }

  /** @returns false where it accepts no writes */
  write(bytes: number, isLocal: boolean, acknowledge: (commit: Commit) => void): boolean {
    if (this.phase !== 'writable' || this.process.isFrozen) return false;
    this.#append(bytes);
    this.commits.write({
      branch: this.directory.branch,
      lsn: this.directory.writtenLsn,
      begunAt: this.around.schedule.now,
      isLocal,
      acknowledge,
    });
    this.#flush();
    return true;
  }

  #append(bytes: number): void {
    this.directory.writtenLsn += bytes;
    this.directory.branch.end = Math.max(this.directory.branch.end, this.directory.writtenLsn);
  }

  #flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    const lsn = this.directory.writtenLsn;
    this.host.disk.sync(this.process, (isDurable) => {
      this.#isFlushing = false;
      if (!isDurable) {
        this.#die('WAL could not be synced (PANIC)');
        return;
      }
      this.directory.flushedLsn = Math.max(this.directory.flushedLsn, lsn);
      this.commits.flushed(lsn);
      for (const stream of this.streams) stream.pump();
      if (this.directory.writtenLsn > lsn) this.#flush();
    });
  }

  /** A walsender of a synchronous standby heard from it. */
  standbyFlushed(by: WalStream): void {
    if (this.commits.waiting > 0 && by.isNamed && by.names !== undefined)
      this.commits.release(by.names, this.streams);
  }

  /** Called by a stream: WAL has come. */
  receiveWal(branch: Branch, end: number): void {
    const { directory } = this;
    if (end > directory.writtenLsn) {
      directory.branch = branch;
      directory.writtenLsn = end;
      directory.histories.add(branch.timeline);
    }
    this.#flushReceived();
  }

  #flushReceived(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    const written = this.directory.end;
    this.host.disk.sync(this.process, (isDurable) => {
      this.#isFlushing = false;
      if (!isDurable) {
        this.#die('WAL could not be synced (PANIC)');
        return;
      }
      const { directory } = this;
      directory.flushedLsn = Math.max(directory.flushedLsn, commonLsn(written, directory.end));
      this.receiver.flushed();
      for (const stream of this.streams) stream.pump();
      this.#replay();
      const isWhole = directory.branch === written.branch && directory.writtenLsn === written.lsn;
      if (!isWhole) this.#flushReceived();
    });
  }

  #replay(): void {
    if (this.#isReplaying || this.phase !== 'recovery') return;
    const { schedule, habits, random } = this.around;
    this.#isReplaying = true;
    const blockedMs = Math.max(0, this.replayBlockedUntil - schedule.now);
    schedule.after(blockedMs + habits.replayMs * random.fraction(), this.process, () => {
      this.#isReplaying = false;
      if (this.isReplayPaused || this.phase !== 'recovery') return;
      this.replayedLsn = this.directory.flushedLsn;
      if (!this.hasReplayedAll) {
        this.hasReplayedAll = true;
        this.receiver.startSoon(0);
        this.around.watcher.changed(this);
      }
    });
  }

  pauseReplay(isPaused: boolean): void {
    this.isReplayPaused = isPaused;
    if (!isPaused) this.#replay();
  }

  /** WAL files that were put into pg_wal from outside. */
  addWal(branch: Branch, end: number, histories: ReadonlySet<number>): void {
    const { directory } = this;
    for (const timeline of histories) directory.histories.add(timeline);
    directory.branch = branch;
    directory.writtenLsn = end;
    directory.flushedLsn = end;
    this.#replay();
  }

  setPrimaryConninfo(text: string): void {
    this.directory.primaryConninfo = text;
    this.receiver.reload();
  }

  /** Writes the setting and reloads; each process takes it over a little later, or much later. */
  setSynchronousNames(text: string): void {
    const { schedule, random, habits } = this.around;
    this.directory.synchronousNames = text;
    if (this.phase !== 'writable') return;
    const delay = () =>
      random.chance(habits.slowReloadChance)
        ? habits.slowReloadMs
        : habits.reloadMs * random.between(0.5, 1.5);
    schedule.after(habits.reloadMs * random.between(0.1, 0.5), this.process, () => {
      this.namesOfNewSessions = this.directory.synchronousNames;
      schedule.after(delay(), this.process, () => this.#nameInForce(this.directory.synchronousNames));
      for (const stream of this.streams) {
        schedule.after(delay(), this.process, () =>
          this.#nameForWalsender(stream, this.directory.synchronousNames),
        );
      }
    });
  }

  /** The checkpointer tells the sessions. */
  #nameInForce(text: string): void {
    this.namesInForce = text;
    this.commits.names = parseSynchronousNames(text);
    if (this.commits.names === undefined) this.commits.releaseAll();
  }

  #nameForWalsender(stream: WalStream, text: string): void {
    stream.names = parseSynchronousNames(text);
    this.standbyFlushed(stream);
  }

  /** A backend died: all sessions end, and the postmaster recovers, or ends as well. */
  crashBackend(): void {
    if (this.phase === 'none' || this.phase === 'starting') return;
    const willRestart = this.directory.restartAfterCrash === 'on';
    this.#endProcesses(true);
    this.around.watcher.tell(this.node, 'a backend of PostgreSQL crashes');
    if (willRestart) this.#recover('backend crash');
    else this.around.watcher.changed(this);
  }

  /** SIGKILL for the postmaster alone; orphans, if any, compute on until they are killed too. */
  killPostmaster(orphansForMs: number): void {
    if (this.phase === 'none') return;
    const leavesOrphans = this.phase === 'writable' && orphansForMs > 0;
    const { names } = this.commits;
    this.#endProcesses(true);
    if (leavesOrphans) this.#leaveOrphans(orphansForMs, names === undefined);
    this.around.watcher.changed(this);
  }

  #leaveOrphans(forMs: number, isAcknowledging: boolean): void {
    const { schedule, watcher } = this.around;
    this.hasOrphans = true;
    const { branch } = this.directory;
    for (const share of [0.3, 0.6, 1]) {
      schedule.after(forMs * share, this.process, () => {
        if (!this.hasOrphans || this.host.disk.isHanging) return;
        this.#append(1000);
        this.directory.flushedLsn = this.directory.writtenLsn;
        if (isAcknowledging) watcher.acknowledged(this, branch, this.directory.writtenLsn);
        if (share === 1) this.killEverything();
      });
    }
  }

  /** SIGKILL for the whole tree, orphans too. */
  killEverything(): void {
    if (this.phase === 'none' && !this.hasOrphans) return;
    this.#endProcesses(true);
    this.around.watcher.changed(this);
  }

  losePower(): void {
    this.#endProcesses(false);
    this.directory.dropWhatWasNotSynced();
    this.replayedLsn = Math.min(this.replayedLsn, this.directory.writtenLsn);
  }

  /** SIGSTOP for all its processes, SIGCONT. */
  setStopped(isStopped: boolean): void {
    if (this.#isStopped === isStopped) return;
    this.#isStopped = isStopped;
    if (isStopped) this.around.schedule.freeze(this.process);
    else this.around.schedule.thaw(this.process);
  }

  /** SIGTERM: who is connected works on; nobody else is let in, and the shutdown begins when they are gone. */
  shutDownSmartly(): void {
    if (this.phase !== 'writable' && this.phase !== 'recovery') return;
    const { schedule, random } = this.around;
    this.isShuttingDownSmartly = true;
    schedule.after(random.scaled(500, 300_000), this.process, () => this.shutDown());
  }

  /** SIGINT: sessions end, attached standbys get everything, then the control file says "shut down". */
  shutDown(): void {
    if (this.phase !== 'writable' && this.phase !== 'recovery') return;
    const { schedule, random, watcher } = this.around;
    const wasWritable = this.phase === 'writable';
    this.commits.forget();
    this.receiver.end();
    this.isPromoting = false;
    this.phase = 'shuttingDown';
    this.directory.control = 'shutting down';
    if (wasWritable) watcher.noLongerWritable(this);
    watcher.changed(this);
    schedule.after(random.between(20, 60), this.process, () => {
      if (wasWritable) {
        this.#append(checkpointBytes);
        this.directory.flushedLsn = this.directory.writtenLsn;
        for (const stream of this.streams) stream.pump();
      }
      this.#finishShutDown(wasWritable);
    });
  }

  #finishShutDown(wasWritable: boolean): void {
    const { schedule, watcher } = this.around;
    schedule.after(20, this.process, () => {
      for (const stream of this.streams) {
        if (stream.flushedLsn < this.directory.flushedLsn && wasWritable) {
          this.#finishShutDown(wasWritable);
          return;
        }
      }
      this.#endProcesses(true);
      this.directory.control = wasWritable ? 'shut down' : 'shut down in recovery';
      watcher.tell(this.node, 'PostgreSQL is shut down');
      watcher.changed(this);
    });
  }

  #die(reason: string): void {
    this.#endProcesses(true);
    this.around.watcher.tell(this.node, `PostgreSQL dies: ${reason}`);
    this.around.watcher.changed(this);
  }

  #endProcesses(isHostAlive: boolean): void {
    const wasWritable = this.isWritable;
    this.setStopped(false);
    this.around.schedule.kill(this.process);
    this.phase = 'none';
    this.hasOrphans = false;
    this.isPromoting = false;
    this.#promotionBlockedUntil = 0;
    this.isFull = false;
    this.isPostmasterStopped = false;
    this.isShuttingDownSmartly = false;
    this.#isFlushing = false;
    this.#isReplaying = false;
    this.commits.forget();
    this.receiver.processEnded(isHostAlive);
    for (const stream of this.streams) stream.endSender(isHostAlive);
    if (wasWritable) this.around.watcher.noLongerWritable(this);
  }
}
