/** One core by itself: events in, actions out, with a clock that the test moves. */
import type { Action } from '../../../src/failover/actions.ts';
import type { Durable } from '../../../src/failover/durable.ts';
import type { ActionResult, Event, Moment } from '../../../src/failover/events.ts';
import { firstRecord } from '../../../src/failover/first-record.ts';
import { emptyDurable, initialState } from '../../../src/failover/initial-state.ts';
import type { MonotonicMs } from '../../../src/failover/instant.ts';
import type { Heartbeat, Message, VoteRequest } from '../../../src/failover/messages.ts';
import type { LsnBytes, Position, TimelinePath } from '../../../src/failover/position.ts';
import type { ServerObservation } from '../../../src/failover/server-observation.ts';
import type { RegisteredNode, Settings } from '../../../src/failover/settings.ts';
import type { State } from '../../../src/failover/state.ts';
import { step, type StepResult } from '../../../src/failover/step.ts';
import type { Term } from '../../../src/failover/term.ts';
import type { VoterRecord } from '../../../src/failover/voter-record.ts';
import type { NodeId } from '../../../src/model/node.ts';
import type { TimelineId } from '../../../src/model/timeline.ts';
import { plainSettings } from '../../support/failover-settings.ts';

type Bare<Any> = Any extends unknown ? Omit<Any, keyof Moment> : never;
type Sent<Kind extends Message['kind']> = Extract<Message, { readonly kind: Kind }>;

export const node = (id: number) => id as NodeId;
export const term = (number: number) => number as Term;
export const lsn = (bytes: number) => bytes as LsnBytes;
export const at = (ms: number) => ms as MonotonicMs;

/** Nodes 1 to `count`; node 1 is the recorded primary, the last one a witness if asked for. */
export function registered(count: number, hasWitness = false): readonly RegisteredNode[] {
  return Array.from({ length: count }, (_, index) => ({
    id: node(index + 1),
    name: `node${index + 1}`,
    isWitness: hasWitness && index + 1 === count,
    upstream: index === 0 ? null : node(1),
  }));
}

export function settingsOf(
  self: number,
  nodes: readonly RegisteredNode[],
  part: Partial<Settings> = {},
): Settings {
  return {
    ...plainSettings,
    self: node(self),
    hasGuard: false,
    nodes,
    ...part,
  };
}

export function pathOf(
  ...steps: readonly (readonly [id: number, beganAt: number, maker: number])[]
): TimelinePath {
  return steps.map(([id, beganAt, maker]) => ({
    timelineId: id as TimelineId,
    beganAt: lsn(beganAt),
    term: term(maker),
  }));
}

export function positionAt(bytes: number, path: TimelinePath = pathOf([1, 0, 1]), isExact = true): Position {
  return { path, lsn: lsn(bytes), isExact };
}

export function standbyServer(part: Partial<ServerObservation> = {}): ServerObservation {
  return {
    condition: 'running',
    postmaster: '100 since noon',
    isInRecovery: true,
    timeline: [{ timelineId: 1 as TimelineId, beganAt: lsn(0) }],
    endOfWal: lsn(1_000),
    endIsExact: true,
    replayedLsn: lsn(1_000),
    isReplayPaused: false,
    hasReplayDelay: false,
    receiver: { upstream: node(1), receivedLsn: lsn(1_000) },
    attached: [],
    primaryConninfo: 'host=node1',
    synchronousStandbyNames: '',
    restartAfterCrash: 'on',
    ...part,
  };
}

export function primaryServer(part: Partial<ServerObservation> = {}): ServerObservation {
  return standbyServer({
    isInRecovery: false,
    receiver: null,
    primaryConninfo: '',
    ...part,
  });
}

export function recordOf(nodes: readonly RegisteredNode[], number = 1, inTerm = 1): VoterRecord {
  return { ...firstRecord(nodes), version: { term: term(inTerm), number } };
}

/** What a voter has stored that heard node 1 lead term 1. */
export function durableOfVoter(nodes: readonly RegisteredNode[], part: Partial<Durable> = {}): Durable {
  const path = pathOf([1, 0, 1]);
  return {
    ...emptyDurable,
    term: term(1),
    vote: { term: term(1), candidate: node(1), confirms: null },
    leader: {
      term: term(1),
      node: node(1),
      path,
      flushedLsn: lsn(1_000),
      failoverIsManual: false,
      isWritable: true,
    },
    line: { term: term(1), path },
    record: recordOf(nodes),
    leaseMs: 5_000,
    timelines: path,
    bootId: 'boot 1',
    ...part,
  };
}

export class OneNode {
  state: State;
  now = 100_000;
  suspendedMs = 0;
  wallJumpMs = 0;
  /** What the guard says where time was lost. */
  guardedUntil: MonotonicMs | null = null;
  last: StepResult = { state: undefined as never, actions: [], explanations: [] };
  readonly nodes: readonly RegisteredNode[];

  constructor(settings: Settings) {
    this.nodes = settings.nodes;
    this.state = initialState(settings);
  }

  handle(bare: Bare<Event>): readonly Action[] {
    const now = {
      monotonicMs: at(this.now),
      bootTimeMs: this.now + this.suspendedMs,
      wallMs: 1_700_000_000_000 + this.now + this.suspendedMs + this.wallJumpMs,
    };
    const { guardedUntil } = this;
    this.last = step(this.state, { ...bare, now, random: 0.5, guardedUntil } as Event);
    this.state = this.last.state;
    return this.last.actions;
  }

  start(
    durable: Durable | null,
    part: { readonly namesTerm?: boolean | null; readonly bootId?: string } = {},
  ): void {
    this.handle({
      kind: 'started',
      durable,
      bootId: part.bootId ?? 'boot 1',
      incarnation: 'life 1',
      guardContactUntil: null,
      settings: this.state.settings,
      metadata: {
        nodes: this.nodes,
        primary: node(1),
        namesTerm: part.namesTerm === undefined ? durable !== null : part.namesTerm,
      },
    });
  }

  observe(server: ServerObservation): readonly Action[] {
    return this.handle({ kind: 'serverObserved', server });
  }

  receive(from: number, message: Message): readonly Action[] {
    return this.handle({ kind: 'messageReceived', from: node(from), message });
  }

  pass(ms: number): readonly Action[] {
    this.now += ms;
    return this.handle({ kind: 'tick' });
  }

  /** Ends the action of this kind that was begun last. */
  finish(kind: Action['kind'], result: ActionResult): readonly Action[] {
    return this.handle({ kind: 'actionFinished', id: this.idOf(kind), result });
  }

  fail(kind: Action['kind'], reason: string, wasBegun = true): readonly Action[] {
    return this.handle({ kind: 'actionFailed', id: this.idOf(kind), reason, wasBegun });
  }

  idOf(kind: Action['kind']): number {
    const purpose = this.state.running.find((it) => it.purpose === kind);
    if (purpose === undefined) {
      throw new Error(`no ${kind} is under way`);
    }
    return purpose.id;
  }

  sent<Kind extends Message['kind']>(kind: Kind): Sent<Kind>[] {
    return this.last.actions.flatMap((action) =>
      action.kind === 'send' && action.message.kind === kind ? [action.message as Sent<Kind>] : [],
    );
  }

  did(kind: Action['kind']): boolean {
    return this.last.actions.some((action) => action.kind === kind);
  }

  freezeEnds(end = 1_000): readonly Action[] {
    return this.finish('freeze', {
      kind: 'frozen',
      timeline: [{ timelineId: 1 as TimelineId, beganAt: lsn(0) }],
      endOfWal: lsn(end),
      endIsExact: true,
    });
  }
}

export function heartbeatOf(nodes: readonly RegisteredNode[], part: Partial<Heartbeat> = {}): Heartbeat {
  return {
    kind: 'heartbeat',
    term: term(1),
    mark: { incarnation: 'leader 1', sentAt: at(1) },
    leaseMs: 5_000,
    record: recordOf(nodes),
    position: positionAt(1_000),
    isWritable: true,
    failoverIsManual: false,
    ...part,
  };
}

export function voteRequestOf(
  nodes: readonly RegisteredNode[],
  part: Partial<VoteRequest> = {},
): VoteRequest {
  return {
    kind: 'voteRequest',
    term: term(2),
    mark: { incarnation: 'candidate 1', sentAt: at(1) },
    purpose: 'election',
    leaseMs: 5_000,
    record: recordOf(nodes),
    position: positionAt(1_000),
    line: null,
    leadsTerm: term(0),
    reigns: { last: { term: term(1), node: node(1) }, open: [] },
    ...part,
  };
}
