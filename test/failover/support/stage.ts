/**
 * A few cores with servers that always do what they are told, on a network that takes a millisecond: enough to read
 * how they come to a decision. Faults beyond "cut" and "crash" are the simulation's.
 */
import type { Action } from '../../../src/failover/actions.ts';
import type { Durable } from '../../../src/failover/durable.ts';
import type { ActionResult, Event, Moment } from '../../../src/failover/events.ts';
import { initialState } from '../../../src/failover/initial-state.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { OperatorRequest } from '../../../src/failover/operator-request.ts';
import type { TimelineMark } from '../../../src/failover/position.ts';
import type {
  PeerAnswer,
  ServerCondition,
  ServerObservation,
} from '../../../src/failover/server-observation.ts';
import type { Settings } from '../../../src/failover/settings.ts';
import type { State } from '../../../src/failover/state.ts';
import { step } from '../../../src/failover/step.ts';
import type { NodeId } from '../../../src/model/node.ts';
import type { TimelineId } from '../../../src/model/timeline.ts';
import { at, lsn, node, registered, settingsOf, standbyServer } from './one-node.ts';

type Bare<Any> = Any extends unknown ? Omit<Any, keyof Moment> : never;

interface Server {
  condition: ServerCondition;
  isWritable: boolean;
  timeline: readonly TimelineMark[];
  end: number;
  upstream: NodeId | null;
}

interface Member {
  readonly id: NodeId;
  readonly settings: Settings;
  state: State;
  file: Durable | null;
  isUp: boolean;
  timerAt: number;
  life: number;
  readonly server: Server | undefined;
}

const linkMs = 1;
const effectMs = 10;

export class Stage {
  now = 0;
  readonly story: string[] = [];
  /** All messages that anybody sent. */
  readonly said: Message[] = [];
  /** Names of the events that were reported. */
  readonly events: string[] = [];
  readonly members: readonly Member[];
  #isCut: (from: NodeId, to: NodeId) => boolean = () => false;
  #queue: { readonly atMs: number; readonly run: () => void }[] = [];

  constructor(
    count: number,
    options: {
      readonly hasWitness?: boolean;
      readonly settings?: Partial<Settings>;
      readonly own?: Readonly<Record<number, Partial<Settings>>>;
    } = {},
  ) {
    const nodes = registered(count, options.hasWitness);
    this.members = nodes.map(({ id, isWitness }) => {
      const settings = settingsOf(id, nodes, { ...options.settings, ...options.own?.[id] });
      return {
        id,
        settings,
        state: initialState(settings),
        file: null,
        isUp: false,
        timerAt: Number.MAX_SAFE_INTEGER,
        life: 0,
        server: isWitness ? undefined : newServer(id),
      };
    });
    for (const { id } of this.members) this.start(id);
    this.run(100);
  }

  start(id: number): void {
    const member = this.#member(id);
    member.isUp = true;
    member.life += 1;
    if (member.server !== undefined) member.server.condition = 'running';
    const namesTerm = this.members.some(({ file }) => file !== null && file.record !== null);
    this.#handle(member, {
      kind: 'started',
      durable: member.file,
      bootId: 'boot 1',
      incarnation: `life ${member.life}`,
      guardContactUntil: null,
      settings: member.settings,
      metadata: { nodes: member.settings.nodes, primary: node(1), namesTerm },
    });
    this.#observe(member);
  }

  /** The host is gone: its repmgrd and its server. */
  kill(id: number): void {
    const member = this.#member(id);
    this.tell(`node${id} is gone`);
    member.isUp = false;
    if (member.server !== undefined) {
      member.server.condition = 'crashed';
      member.server.isWritable = false;
    }
  }

  crash(id: number, unreplicated = 0): void {
    const member = this.#member(id);
    this.tell(`the PostgreSQL of node${id} crashes`);
    if (member.server !== undefined) {
      member.server.end += unreplicated;
      member.server.condition = 'crashed';
      member.server.isWritable = false;
      this.#observe(member);
    }
  }

  cut(...side: readonly number[]): void {
    this.tell(
      side.length === 0
        ? 'the network is whole again'
        : `cut off: ${side.map((id) => `node${id}`).join(', ')}`,
    );
    this.#isCut = (from, to) => side.includes(from) !== side.includes(to);
  }

  request(id: number, request: OperatorRequest): void {
    this.tell(`an operator asks node${id}: ${request.kind}`);
    this.#handle(this.#member(id), { kind: 'operatorRequested', requestId: `request ${this.now}`, request });
  }

  changeSettings(id: number, part: Partial<Settings>): void {
    const member = this.#member(id);
    this.#handle(member, { kind: 'settingsChanged', settings: { ...member.state.settings, ...part } });
  }

  run(ms: number): void {
    const until = this.now + ms;
    for (let next = this.#next(); next <= until; next = this.#next()) {
      this.now = next;
      const due = this.#queue.filter(({ atMs }) => atMs <= next);
      this.#queue = this.#queue.filter(({ atMs }) => atMs > next);
      for (const { run } of due) run();
      for (const member of this.members) {
        if (member.isUp && member.timerAt <= next) {
          member.timerAt = Number.MAX_SAFE_INTEGER;
          this.#observe(member);
          this.#handle(member, { kind: 'tick' });
        }
      }
    }
    this.now = until;
  }

  get writable(): readonly number[] {
    return this.members.filter(({ server }) => server?.isWritable === true).map(({ id }) => id);
  }

  tell(sentence: string): void {
    this.story.push(`${(this.now / 1000).toFixed(2).padStart(6)}  ${sentence}`);
  }

  #next(): number {
    const timers = this.members.filter(({ isUp }) => isUp).map(({ timerAt }) => timerAt);
    return Math.max(this.now, Math.min(...timers, ...this.#queue.map(({ atMs }) => atMs)));
  }

  #later(ms: number, run: () => void): void {
    this.#queue.push({ atMs: this.now + ms, run });
  }

  #member(id: number): Member {
    const member = this.members.find((it) => it.id === id);
    if (member === undefined) throw new Error(`no node ${id}`);
    return member;
  }

  #handle(member: Member, bare: Bare<Event>): void {
    if (!member.isUp) return;
    const now = {
      monotonicMs: at(this.now + 1_000_000),
      bootTimeMs: this.now + 1_000_000,
      wallMs: 1_700_000_000_000 + this.now,
    };
    const { state, actions, explanations } = step(member.state, { ...bare, now, random: 0.5 } as Event);
    member.state = state;
    for (const { rule, sentence } of explanations) this.tell(`node${member.id}  ${sentence} (rule ${rule})`);
    for (const action of actions) this.#perform(member, action);
  }

  #observe(member: Member): void {
    const { server } = member;
    if (!member.isUp || server === undefined) return;
    this.#follow(server);
    this.#handle(member, { kind: 'serverObserved', server: this.#seen(member, server) });
  }

  /** A standby has all that the primary it is attached to has. */
  #follow(server: Server): void {
    const upstream = server.upstream === null ? undefined : this.#member(server.upstream).server;
    if (server.condition === 'running' && upstream?.isWritable === true) {
      server.end = upstream.end;
      server.timeline = upstream.timeline;
    }
  }

  #seen({ id }: Member, server: Server): ServerObservation {
    const isUp = server.condition === 'running';
    return standbyServer({
      condition: server.condition,
      postmaster: isUp ? 'lives' : null,
      isInRecovery: isUp ? !server.isWritable : null,
      timeline: server.timeline,
      endOfWal: lsn(server.end),
      receiver:
        isUp && server.upstream !== null ? { upstream: server.upstream, receivedLsn: lsn(server.end) } : null,
      attached: this.members
        .filter(
          (it) => it.server?.upstream === id && it.server.condition === 'running' && !this.#isCut(id, it.id),
        )
        .map((it) => ({ node: it.id, flushedLsn: lsn(it.server?.end ?? 0), syncPriority: 0 })),
      primaryConninfo: server.upstream === null ? '' : `host=node${server.upstream}`,
    });
  }

  #perform(member: Member, action: Action): void {
    if (action.kind === 'send') {
      this.said.push(action.message);
      if (!this.#isCut(member.id, action.to)) {
        this.#later(linkMs, () =>
          this.#handle(this.#member(action.to), {
            kind: 'messageReceived',
            from: member.id,
            message: action.message,
          }),
        );
      }
    } else if (action.kind === 'persist') {
      member.file = action.durable;
    } else if (action.kind === 'setTimer') {
      member.timerAt = Math.max(this.now, action.at - 1_000_000);
    } else if (action.kind === 'recordEvent') {
      this.events.push(action.event);
    } else if (action.kind === 'answerOperator') {
      this.tell(`node${member.id}  ${action.isAccepted ? 'accepted' : 'refused'}: ${action.sentence}`);
    } else if ('id' in action) {
      this.#later(effectMs, () => {
        const result = this.#effect(member, action);
        this.#observe(member);
        this.#handle(member, { kind: 'actionFinished', id: action.id, result });
      });
    }
  }

  #effect(member: Member, action: Extract<Action, { readonly id: number }>): ActionResult {
    const { server } = member;
    if (server === undefined || action.kind === 'askServers') {
      return { kind: 'serversAnswered', answers: this.#answers(member.id, action) };
    }
    const wal = () => ({ timeline: server.timeline, endOfWal: lsn(server.end), endIsExact: true });
    switch (action.kind) {
      case 'freeze':
        server.upstream = null;
        return { kind: 'frozen', ...wal() };
      case 'fetchWal':
        server.end = action.position.lsn;
        return { kind: 'walFetched', ...wal() };
      case 'promote':
        server.timeline = [...server.timeline, { timelineId: action.nextTimeline, beganAt: lsn(server.end) }];
        server.isWritable = true;
        return { kind: 'promoted', timeline: server.timeline, flushedLsn: lsn(server.end) };
      case 'fence':
      case 'takeDown':
      case 'shutDown':
        if (action.kind === 'shutDown') this.#sendAll(member.id, server);
        Object.assign(server, { condition: 'crashed', isWritable: false, upstream: null });
        return { kind: 'down', ...wal() };
      case 'startAsStandby':
        server.condition = 'running';
        return { kind: 'done' };
      case 'restartInPlace':
        Object.assign(server, { condition: 'running', isWritable: true });
        return { kind: 'done' };
      case 'follow':
      case 'rejoin':
        server.upstream = action.node;
        return { kind: 'done' };
      case 'unfreeze':
        server.upstream = node(Number(action.primaryConninfo.replace('host=node', '')));
        return { kind: 'done' };
      case 'writeWal':
        server.end += 64;
        return { kind: 'walWritten', flushedLsn: lsn(server.end) };
      case 'hold':
        return { kind: 'holdInForce' };
      case 'release':
      case 'armSafeStart':
      case 'disarmSafeStart':
      case 'setSynchronousNames':
        return { kind: 'done' };
      default:
        return { kind: 'done' };
    }
  }

  /** A fast shutdown ends when the attached standbys have everything. */
  #sendAll(id: NodeId, server: Server): void {
    for (const other of this.members) {
      if (other.server?.upstream === id) other.server.end = server.end;
    }
  }

  #answers(from: NodeId, action: Action): readonly (readonly [NodeId, PeerAnswer])[] {
    const nodes = action.kind === 'askServers' ? action.nodes : [];
    return nodes.map((id) => {
      const { server } = this.#member(id);
      const isSilent = server?.condition !== 'running' || this.#isCut(from, id);
      return [id, isSilent ? 'silent' : server.isWritable ? 'writable' : 'inRecovery'];
    });
  }
}

function newServer(id: NodeId): Server {
  return {
    condition: 'running',
    isWritable: id === 1,
    timeline: [{ timelineId: 1 as TimelineId, beganAt: lsn(0) }],
    end: 1_000,
    upstream: id === 1 ? null : node(1),
  };
}
