/** Any event at all, for properties: sensible ones, stale ones, and such as nobody should ever send. */
import fc from 'fast-check';
import type { ActionResult, Event } from '../../../src/failover/events.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { OperatorRequest } from '../../../src/failover/operator-request.ts';
import type { ServerObservation } from '../../../src/failover/server-observation.ts';
import type { VoterRecord } from '../../../src/failover/voter-record.ts';
import {
  heartbeatOf,
  primaryServer,
  positionAt,
  recordOf,
  registered,
  standbyServer,
  voteRequestOf,
} from './one-node.ts';

const nodes = registered(3);
const nodeIds = fc.integer({ min: 1, max: 4 });
const terms = fc.integer({ min: 0, max: 6 });
const flags = fc.boolean();

const paths = fc
  .array(
    fc.record({
      timelineId: fc.integer({ min: 1, max: 4 }),
      beganAt: fc.integer({ min: 0, max: 3_000 }),
      term: terms,
    }),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((steps) => steps.map((it, index) => (index === 0 ? { ...it, beganAt: 0 } : it)));

const positions = fc.option(
  fc.oneof(
    fc.integer({ min: 0, max: 3_000 }).map((bytes) => positionAt(bytes)),
    fc.record({ path: paths, lsn: fc.integer({ min: 0, max: 3_000 }), isExact: flags }),
  ),
  { nil: null },
);

const records = fc
  .record({
    version: fc.record({ term: terms, number: fc.integer({ min: 1, max: 4 }) }),
    voters: fc.uniqueArray(nodeIds, { minLength: 0, maxLength: 4 }),
    replacedVoters: fc.option(fc.uniqueArray(nodeIds, { maxLength: 4 }), { nil: null }),
    joining: fc.option(fc.record({ node: nodeIds, incarnation: fc.constantFrom('life 1', 'life 2') }), {
      nil: null,
    }),
    pause: fc.option(
      fc.record({
        reason: fc.string(),
        lengthMs: fc.integer({ min: 0, max: 60_000 }),
        leader: nodeIds,
        term: terms,
        requestId: fc.string(),
      }),
      { nil: null },
    ),
    synchronous: fc.record({ names: fc.uniqueArray(nodeIds, { maxLength: 4 }), required: fc.nat(2) }),
  })
  .map((part) => ({ ...recordOf(nodes), ...part }) as unknown as VoterRecord);

const someRecord = fc.oneof(fc.constant(recordOf(nodes)), records);
const marks = fc.record({
  incarnation: fc.constantFrom('life 1', 'leader 1', 'candidate 1'),
  sentAt: fc.integer({ min: 0, max: 200_000 }),
});

const candidacies = fc.oneof(
  fc.constant({ kind: 'candidate', priority: 100 }),
  fc.constant({ kind: 'lastResort', priority: 0, reason: 'any' }),
  fc.constant({ kind: 'none', reason: 'any' }),
);

const outcomes = fc.oneof(
  fc.constant({ kind: 'granted' }),
  fc.constant({ kind: 'behind' }),
  fc.constant({ kind: 'refused', refusal: 'busy' }),
  fc.constant({ kind: 'refused', refusal: 'leaseInForce' }),
);

const reigns = fc.record({
  last: fc.record({ term: terms, node: fc.option(nodeIds, { nil: null }) }),
  open: fc.array(fc.record({ term: terms, candidate: fc.option(nodeIds, { nil: null }) }), { maxLength: 3 }),
});

const lines = fc.option(fc.record({ term: terms, path: paths }), { nil: null });

/** Of every kind but forwarded requests and their answers; now and then of one that does not exist. */
export const anyMessage: fc.Arbitrary<Message> = fc
  .oneof(
    fc
      .record({
        term: terms,
        mark: marks,
        record: someRecord,
        position: positions,
        isWritable: flags,
        failoverIsManual: flags,
      })
      .map((part) => ({ ...heartbeatOf(nodes), ...part })),
    fc.record({
      kind: fc.constant('heartbeatAcknowledged'),
      term: terms,
      mark: marks,
      position: positions,
      health: fc.constantFrom('up', 'starting', 'down', 'witness'),
      candidacy: candidacies,
      storedRecord: fc.record({ term: terms, number: fc.integer({ min: 1, max: 4 }) }),
      highestTerm: terms,
    }),
    fc.record({
      kind: fc.constant('heartbeatRefused'),
      term: terms,
      mark: marks,
      highestTerm: terms,
      leader: fc.option(nodeIds, { nil: null }),
      leaderIsWritable: flags,
      record: fc.option(someRecord, { nil: null }),
      reason: fc.constantFrom('higherTerm', 'yielded', 'notAMember', 'noState'),
    }),
    fc.record({
      kind: fc.constant('statusRequest'),
      round: fc.nat(3),
      highestTerm: terms,
      record: fc.option(someRecord, { nil: null }),
    }),
    fc.record({
      kind: fc.constant('statusAnswer'),
      round: fc.nat(3),
      highestTerm: terms,
      leader: fc.option(nodeIds, { nil: null }),
      leaderTerm: terms,
      ledTerm: terms,
      line: lines,
      refusal: fc.constantFrom(null, 'leaseInForce', 'paused'),
      leaseLeftMs: fc.nat(5_000),
      record: fc.option(someRecord, { nil: null }),
      position: positions,
      health: fc.constantFrom('up', 'down'),
      candidacy: candidacies,
    }),
    fc
      .record({
        term: terms,
        mark: marks,
        purpose: fc.constantFrom('bootstrap', 'election', 'confirmation', 'writable'),
        record: someRecord,
        position: positions,
        line: lines,
        leadsTerm: terms,
        reigns,
      })
      .map((part) => ({ ...voteRequestOf(nodes), ...part })),
    fc.record({
      kind: fc.constant('voteAnswer'),
      term: terms,
      mark: marks,
      outcome: outcomes,
      highestTerm: terms,
      record: fc.option(someRecord, { nil: null }),
      position: positions,
      reigns,
      ledTerm: terms,
    }),
    fc.record({
      kind: fc.constant('yield'),
      term: terms,
      upToTerm: terms,
      reason: fc.constantFrom('crash', 'fence', 'shutdown'),
      promotionCalled: flags,
      position: positions,
      successor: fc.option(nodeIds, { nil: null }),
    }),
    fc.record({ kind: fc.constantFrom('yieldAcknowledged', 'termGivenUp'), term: terms }),
    fc.record({
      kind: fc.constant('joinRequest'),
      incarnation: fc.constantFrom('life 1', 'life 2'),
      hasLostState: flags,
      highestTerm: terms,
      position: positions,
    }),
    fc.record({ kind: fc.constantFrom('unheard of', 'ping') }),
  )
  .map((message) => message as unknown as Message);

const servers: fc.Arbitrary<ServerObservation> = fc
  .record({
    condition: fc.constantFrom(
      'running',
      'starting',
      'stalled',
      'hanging',
      'shuttingDown',
      'shutDown',
      'crashed',
      'none',
    ),
    isInRecovery: fc.constantFrom(true, false, null),
    endOfWal: fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: null }),
    endIsExact: flags,
    receiver: fc.option(
      fc.record({ upstream: fc.option(nodeIds, { nil: null }), receivedLsn: fc.nat(3_000) }),
      { nil: null },
    ),
    attached: fc.array(fc.record({ node: nodeIds, flushedLsn: fc.nat(3_000), syncPriority: fc.nat(1) }), {
      maxLength: 2,
    }),
  })
  .map((part) => ({ ...standbyServer(), ...part }) as unknown as ServerObservation);

const results: fc.Arbitrary<ActionResult> = fc
  .oneof(
    fc.constant({ kind: 'done' }),
    fc.constant({ kind: 'holdInForce' }),
    fc.constant({ kind: 'namesWritten', synchronousStandbyNames: 'ANY 1 (node2)' }),
    fc.record({
      kind: fc.constantFrom('frozen', 'walFetched', 'down'),
      timeline: fc.constantFrom(null, [{ timelineId: 1, beganAt: 0 }], []),
      endOfWal: fc.option(fc.nat(3_000), { nil: null }),
      endIsExact: flags,
    }),
    fc.record({
      kind: fc.constant('serversAnswered'),
      answers: fc.array(
        fc.tuple(nodeIds, fc.constantFrom('writable', 'inRecovery', 'starting', 'alive', 'silent')),
        { maxLength: 3 },
      ),
    }),
    fc.constant({
      kind: 'promoted',
      timeline: [
        { timelineId: 1, beganAt: 0 },
        { timelineId: 2, beganAt: 1_000 },
      ],
      flushedLsn: 1_100,
    }),
    fc.record({ kind: fc.constant('walWritten'), flushedLsn: fc.nat(3_000) }),
  )
  .map((result) => result as unknown as ActionResult);

export const anyRequest: fc.Arbitrary<OperatorRequest> = fc
  .oneof(
    fc.constant({ kind: 'pause', lengthMs: 10_000, reason: 'maintenance' }),
    fc.record({ kind: fc.constantFrom('unpause', 'promote'), isForced: flags }),
    fc.record({ kind: fc.constantFrom('leave', 'join'), node: nodeIds }),
    fc.record({ kind: fc.constant('switchover'), to: nodeIds }),
    fc.record({
      kind: fc.constant('maintenance'),
      node: fc.option(nodeIds, { nil: null }),
      lengthMs: fc.nat(20_000),
    }),
  )
  .map((request) => request as unknown as OperatorRequest);

export type PassedEvent = {
  readonly afterMs: number;
  readonly event: Omit<Event, 'now' | 'random'>;
  readonly random: number;
};

/** An event, and how long after the one before it comes. */
export const anyEvent: fc.Arbitrary<PassedEvent> = fc.record({
  afterMs: fc.oneof(fc.nat(600), fc.nat(6_000)),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  event: fc
    .oneof(
      { weight: 3, arbitrary: fc.constant({ kind: 'tick' }) },
      {
        weight: 8,
        arbitrary: fc.record({ kind: fc.constant('messageReceived'), from: nodeIds, message: anyMessage }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('serverObserved'),
          server: fc.oneof(fc.constant(standbyServer()), fc.constant(primaryServer()), servers),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('actionFinished'),
          id: fc.integer({ min: 0, max: 12 }),
          result: results,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('actionFailed'),
          id: fc.nat(12),
          reason: fc.constant('no reason'),
          wasBegun: flags,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('operatorRequested'),
          requestId: fc.string(),
          request: anyRequest,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('metadataRead'),
          metadata: fc.record({
            nodes: fc.constant(nodes),
            primary: fc.option(nodeIds, { nil: null }),
            namesTerm: fc.constantFrom(true, false, null),
          }),
        }),
      },
      { weight: 1, arbitrary: fc.constant({ kind: 'unheard of' }) },
    )
    .map((event) => event as unknown as Omit<Event, 'now' | 'random'>),
});
