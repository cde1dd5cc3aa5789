/**
 * The messages between repmgrds as they must look to be believed. Fields that a later version added are left out;
 * the compiler notices a message or a field that is missing here.
 */
import * as v from 'valibot';
import type { Message, Refusal } from '../failover/messages.ts';
import { operatorRequest } from './operator-request-schema.ts';
import {
  line,
  milliseconds,
  nodeId,
  notNegative,
  type Plain,
  position,
  recordVersion,
  shortText,
  term,
  voterRecord,
  yieldReason,
} from './schema-parts.ts';

const mark = v.object({ incarnation: shortText, sentAt: v.number() });
const health = v.picklist(['up', 'starting', 'down', 'witness'] as const);
const priority = v.pipe(v.number(), v.safeInteger());

const candidacy = v.variant('kind', [
  v.object({ kind: v.literal('candidate'), priority }),
  v.object({ kind: v.literal('lastResort'), priority, reason: shortText }),
  v.object({ kind: v.literal('none'), reason: shortText }),
]);

/** A record, so that the compiler misses none. */
const refusals: Readonly<Record<Refusal, true>> = {
  leaseInForce: true,
  termNotHigher: true,
  votedForAnother: true,
  olderRecord: true,
  notAMember: true,
  noState: true,
  primaryAnswers: true,
  walMoved: true,
  noOlderLook: true,
  paused: true,
  diverged: true,
  lowerBound: true,
  walUnreadable: true,
  candidateDiverged: true,
  busy: true,
  leadsItself: true,
  notItsLeader: true,
  termOneIsOver: true,
  notTheRecordedPrimary: true,
};
const refusal = v.picklist(Object.keys(refusals) as Refusal[]);

const voteOutcome = v.variant('kind', [
  v.object({ kind: v.literal('granted') }),
  v.object({ kind: v.literal('behind') }),
  v.object({ kind: v.literal('refused'), refusal }),
]);

const reigns = v.object({
  last: v.object({ term, node: v.nullable(nodeId) }),
  open: v.array(v.object({ term, candidate: v.nullable(nodeId) })),
});

const messages = {
  heartbeat: v.object({
    kind: v.literal('heartbeat'),
    term,
    mark,
    leaseMs: milliseconds,
    record: voterRecord,
    position: v.nullable(position),
    isWritable: v.boolean(),
    failoverIsManual: v.boolean(),
  }),
  heartbeatAcknowledged: v.object({
    kind: v.literal('heartbeatAcknowledged'),
    term,
    mark,
    position: v.nullable(position),
    health,
    candidacy,
    storedRecord: recordVersion,
    highestTerm: term,
  }),
  heartbeatRefused: v.object({
    kind: v.literal('heartbeatRefused'),
    term,
    mark,
    highestTerm: term,
    leader: v.nullable(nodeId),
    leaderIsWritable: v.boolean(),
    record: v.nullable(voterRecord),
    reason: v.picklist(['higherTerm', 'yielded', 'notAMember', 'noState'] as const),
  }),
  statusRequest: v.object({
    kind: v.literal('statusRequest'),
    round: notNegative,
    highestTerm: term,
    record: v.nullable(voterRecord),
  }),
  statusAnswer: v.object({
    kind: v.literal('statusAnswer'),
    round: notNegative,
    highestTerm: term,
    leader: v.nullable(nodeId),
    leaderTerm: term,
    ledTerm: term,
    line: v.nullable(line),
    refusal: v.nullable(refusal),
    leaseLeftMs: v.number(),
    record: v.nullable(voterRecord),
    position: v.nullable(position),
    health,
    candidacy,
  }),
  voteRequest: v.object({
    kind: v.literal('voteRequest'),
    term,
    mark,
    purpose: v.picklist(['bootstrap', 'election', 'confirmation', 'writable'] as const),
    leaseMs: milliseconds,
    record: voterRecord,
    position: v.nullable(position),
    line: v.nullable(line),
    leadsTerm: term,
    reigns,
  }),
  voteAnswer: v.object({
    kind: v.literal('voteAnswer'),
    term,
    mark,
    outcome: voteOutcome,
    highestTerm: term,
    record: v.nullable(voterRecord),
    position: v.nullable(position),
    reigns,
    ledTerm: term,
  }),
  yield: v.object({
    kind: v.literal('yield'),
    term,
    upToTerm: term,
    reason: yieldReason,
    promotionCalled: v.boolean(),
    position: v.nullable(position),
    successor: v.nullable(nodeId),
  }),
  yieldAcknowledged: v.object({ kind: v.literal('yieldAcknowledged'), term }),
  termGivenUp: v.object({ kind: v.literal('termGivenUp'), term }),
  joinRequest: v.object({
    kind: v.literal('joinRequest'),
    incarnation: shortText,
    hasLostState: v.boolean(),
    highestTerm: term,
    position: v.nullable(position),
  }),
  forwardedRequest: v.object({
    kind: v.literal('forwardedRequest'),
    requestId: shortText,
    request: operatorRequest,
  }),
  requestAnswer: v.object({
    kind: v.literal('requestAnswer'),
    requestId: shortText,
    isAccepted: v.boolean(),
    sentence: shortText,
  }),
} satisfies {
  [Kind in Message['kind']]: v.GenericSchema<unknown, Plain<Extract<Message, { readonly kind: Kind }>>>;
};

export type ReadMessage =
  | { readonly kind: 'message'; readonly message: Message }
  /** Of a later version of the protocol, which this node need not understand. */
  | { readonly kind: 'unknown'; readonly name: string }
  /** What is wrong, in words. */
  | { readonly kind: 'malformed'; readonly reason: string };

/** Judges one message that came in; it trusts nothing about it. */
export function readMessage(value: unknown): ReadMessage {
  const name = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  if (typeof name !== 'string') return { kind: 'malformed', reason: 'it has no kind' };
  if (!isKnown(name)) return { kind: 'unknown', name: name.slice(0, 64) };
  const schema: v.GenericSchema<unknown, Plain<Message>> = messages[name];
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return { kind: 'message', message: result.output as unknown as Message };
  const [issue] = result.issues;
  return { kind: 'malformed', reason: `${name}: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}` };
}

function isKnown(name: string): name is Message['kind'] {
  return Object.hasOwn(messages, name);
}
