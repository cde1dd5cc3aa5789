/**
 * One repmgrd: the core in it, and a driver that treats the core as the real one does. Events go in one after the
 * other; actions are done in their order; what is not durable is lost when it dies.
 */
import type { Action } from '../../../src/failover/actions.ts';
import type { Durable } from '../../../src/failover/durable.ts';
import type { ActionResult, Event, Moment } from '../../../src/failover/events.ts';
import { initialState } from '../../../src/failover/initial-state.ts';
import type { Instant, MonotonicMs } from '../../../src/failover/instant.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { OperatorRequest } from '../../../src/failover/operator-request.ts';
import type { ServerCondition, ServerObservation } from '../../../src/failover/server-observation.ts';
import type { RecordedMetadata, Settings } from '../../../src/failover/settings.ts';
import type { State } from '../../../src/failover/state.ts';
import { timeWasLost } from '../../../src/failover/clocks.ts';
import { step } from '../../../src/failover/step.ts';
import type { NodeId } from '../../../src/model/node.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { Host } from '../world/host.ts';
import type { World } from '../world/world.ts';
import { perform } from './effects.ts';
import { conditionOf, noServer, observe } from './observe.ts';

/** The parts of an event that the daemon itself adds are left out. */
type Bare<Any> = Any extends unknown ? Omit<Any, keyof Moment> : never;

export class Daemon {
  readonly node: NodeId;
  readonly host: Host;
  readonly server: PostgresServer | undefined;
  readonly world: World;
  settings: Settings;
  /** Counts the times that PostgreSQL was to be down: what was to make it writable before is void. */
  downs = 0;
  /** The state file; undefined: there is none. */
  file: Durable | undefined;
  /** Undefined: not running. */
  state: State | undefined;
  #queue: Action[] = [];
  #writing: Durable | undefined;
  #timerAt: number | undefined;
  #starts = 0;
  #observed: ServerObservation | undefined;
  #condition: ServerCondition = 'none';
  #conditionKey = '';
  #conditionSince = 0;
  #metadata: RecordedMetadata | undefined;
  #willObserve = false;

  constructor(world: World, settings: Settings, host: Host, server: PostgresServer | undefined) {
    this.world = world;
    this.settings = settings;
    this.node = settings.self;
    this.host = host;
    this.server = server;
  }

  get isRunning(): boolean {
    return this.state !== undefined;
  }

  get process() {
    return this.host.repmgrd;
  }

  now(): Instant {
    const { now } = this.world.schedule;
    return {
      monotonicMs: this.host.clock.monotonicMs(now) as MonotonicMs,
      bootTimeMs: this.host.clock.bootTimeMs(now),
      wallMs: this.host.clock.wallClockMs(now),
    };
  }

  start(): void {
    this.world.schedule.pass(this.process, () => this.#begin());
  }

  #begin(): void {
    if (this.isRunning || !this.host.isUp) return;
    this.#starts += 1;
    const metadata = this.world.metadata.readBy(this, undefined);
    this.#metadata = metadata;
    this.settings = { ...this.settings, nodes: metadata.nodes };
    this.state = initialState(this.settings);
    this.world.tell(
      this.node,
      this.file === undefined ? 'repmgrd starts without a state file' : 'repmgrd starts',
    );
    this.handle({
      kind: 'started',
      durable: this.file ?? null,
      bootId: this.host.bootId,
      incarnation: `${this.node}.${this.#starts}`,
      guardContactUntil: this.world.guardOf(this.node).contact,
      settings: this.settings,
      metadata,
    });
    this.#observeRegularly();
  }

  /** SIGKILL, or the power is gone. */
  kill(): void {
    if (!this.isRunning) return;
    this.world.schedule.kill(this.process);
    // Whoever comes next finds half a copy, and copies anew; here its old files do.
    if (this.server !== undefined) this.server.isBeingCopied = false;
    if (!this.host.isSuspended) this.process.frozenBy = 0;
    this.state = undefined;
    this.#queue = [];
    this.#timerAt = undefined;
    this.#observed = undefined;
    this.#willObserve = false;
    const torn = this.#writing;
    this.#writing = undefined;
    // A write under way may have reached the disk before its end was seen.
    if (torn !== undefined && this.world.random.chance(0.5)) this.#fileWritten(torn);
    this.world.daemonStopped(this);
  }

  receive(from: NodeId, message: Message): void {
    this.world.schedule.pass(this.process, () => this.handle({ kind: 'messageReceived', from, message }));
  }

  request(requestId: string, request: OperatorRequest): void {
    this.world.schedule.pass(this.process, () =>
      this.handle({ kind: 'operatorRequested', requestId, request }),
    );
  }

  /** Somebody edits repmgr.conf and has it read again. */
  changeSettings(part: Partial<Settings>): void {
    this.settings = { ...this.settings, ...part };
    this.world.schedule.pass(this.process, () =>
      this.handle({ kind: 'settingsChanged', settings: this.settings }),
    );
  }

  finished(id: number, result: ActionResult): void {
    this.#later(() => this.handle({ kind: 'actionFinished', id, result }));
  }

  failed(id: number, reason: string, wasBegun = true): void {
    const purpose = this.state?.running.find((action) => action.id === id)?.purpose;
    this.world.tell(this.node, `${purpose ?? 'an action that was given up'} fails: ${reason}`);
    this.#later(() => this.handle({ kind: 'actionFailed', id, reason, wasBegun }));
  }

  /** An end of an action is an event of its own, also where the action ended at once. */
  #later(run: () => void): void {
    this.world.schedule.after(this.world.random.between(0.02, 0.2), this.process, run);
  }

  /** The local server changed: a broken connection is an event at once. */
  serverChanged(): void {
    if (this.#willObserve || !this.isRunning) return;
    this.#willObserve = true;
    this.world.schedule.after(this.world.random.between(1, 10), this.process, () => {
      this.#willObserve = false;
      this.#observe();
    });
  }

  handle(bare: Bare<Event>): void {
    if (this.state === undefined) return;
    const before = this.state;
    // No copy: this is where most of a run's time goes.
    const now = this.now();
    const event = Object.assign(bare, { now, random: this.world.random.fraction() }) as Event;
    if (timeWasLost(before, before.now, now)) {
      Object.assign(event, { guardedUntil: this.world.guardOf(this.node).contact });
    }
    const result = step(before, event);
    this.state = result.state;
    this.world.stepped(this, before, event, result);
    for (const action of result.actions) {
      if (action.kind === 'fence') perform(this, action);
      else this.#queue.push(action);
    }
    this.#drain();
  }

  #drain(): void {
    while (this.#writing === undefined && this.#queue.length > 0) {
      const action = this.#queue.shift();
      if (action === undefined) return;
      if (action.kind === 'persist') this.#persist(action.durable);
      else if (action.kind === 'setTimer') this.#setTimer(action.at);
      else perform(this, action);
    }
  }

  #persist(durable: Durable): void {
    this.#writing = durable;
    this.host.stateDisk.sync(this.process, (isDurable) => {
      this.#writing = undefined;
      if (isDurable) {
        this.#fileWritten(durable);
        this.#drain();
      } else this.#persistFailed();
    });
  }

  #fileWritten(durable: Durable): void {
    this.world.persisted(this, this.file, durable);
    this.file = durable;
  }

  #persistFailed(): void {
    const dropped = this.#queue;
    this.#queue = [];
    this.failed(0, 'the state file could not be written');
    for (const action of dropped) {
      if ('id' in action) this.failed(action.id, 'the state file could not be written', false);
    }
  }

  #setTimer(at: number): void {
    if (at === this.#timerAt) return;
    this.#timerAt = at;
    this.#armTimer(at);
  }

  #armTimer(at: number): void {
    const { schedule } = this.world;
    const remaining = at - this.host.clock.monotonicMs(schedule.now);
    // A timer of the system is never early, and a little late.
    const delay = Math.max(0, this.host.clock.virtualMs(remaining)) + 0.1 + this.world.random.fraction();
    schedule.after(delay, this.process, () => {
      if (this.#timerAt !== at) return;
      if (this.host.clock.monotonicMs(schedule.now) < at) this.#armTimer(at);
      else {
        this.#timerAt = undefined;
        this.handle({ kind: 'tick' });
      }
    });
  }

  #observeRegularly(): void {
    this.#observe();
    this.#readMetadata();
    const every = this.host.clock.virtualMs(this.settings.heartbeatIntervalMs);
    this.world.schedule.after(every, this.process, () => this.#observeRegularly());
  }

  #observe(): void {
    const { server } = this;
    if (server === undefined) {
      if (this.#observed === undefined) this.#tell(noServer);
      return;
    }
    const key = `${server.incarnation} ${server.phase} ${server.process.isFrozen} ${server.isPostmasterStopped} ${server.host.disk.isHanging}`;
    const { now } = this.world.schedule;
    if (key !== this.#conditionKey) {
      this.#conditionKey = key;
      this.#conditionSince = now;
    }
    this.#condition = conditionOf(server, now - this.#conditionSince, {
      stallMs: this.world.options.writeStallMs,
      hangMs: this.settings.reconnectMs,
    });
    this.#tell(observe(server, this.#observed, this.#condition));
  }

  #tell(observation: ServerObservation): void {
    this.#observed = observation;
    this.handle({ kind: 'serverObserved', server: observation });
  }

  #readMetadata(): void {
    const metadata = this.world.metadata.readBy(this, this.#metadata);
    if (metadata === this.#metadata) return;
    this.#metadata = metadata;
    this.handle({ kind: 'metadataRead', metadata });
  }
}
