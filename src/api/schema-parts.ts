/** What the schemas of several things on the wire have in common. Objects of later versions may hold further fields. */
import * as v from 'valibot';

/** Without the brands, which JSON cannot hold. */
export type Plain<Value> = Value extends number
  ? number
  : Value extends string
    ? Value extends { readonly __brand: string }
      ? string
      : Value
    : Value extends boolean | null
      ? Value
      : { [Key in keyof Value]: Plain<Value[Key]> };

const whole = v.pipe(v.number(), v.safeInteger());
const fromZero = () => v.pipe(whole, v.minValue(0));
export const notNegative = fromZero();
export const nodeId = v.pipe(whole, v.minValue(1), v.maxValue(2_147_483_647));
export const term = fromZero();
export const lsn = fromZero();
export const milliseconds = v.pipe(v.number(), v.minValue(0));
/** A reason, an id: what is longer was not made by us. */
export const shortText = v.pipe(v.string(), v.maxLength(4096));
export const yieldReason = v.picklist([
  'crash',
  'stall',
  'shutdown',
  'fence',
  'promotionFailed',
  'handover',
] as const);

export const timelineId = v.pipe(whole, v.minValue(1), v.maxValue(0xffff_ffff));

const timelineStep = v.object({
  timelineId,
  beganAt: lsn,
  /** -1: made by hand; -2: and left behind. */
  term: v.pipe(whole, v.minValue(-2)),
});

const timelinePath = v.pipe(v.array(timelineStep), v.minLength(1));

export const position = v.object({ path: timelinePath, lsn, isExact: v.boolean() });

export const line = v.object({ term, path: timelinePath });

export const recordVersion = v.object({ term, number: notNegative });

export const voterRecord = v.object({
  version: recordVersion,
  voters: v.array(nodeId),
  replacedVoters: v.nullable(v.array(nodeId)),
  joining: v.nullable(v.object({ node: nodeId, incarnation: shortText })),
  pause: v.nullable(
    v.object({ reason: shortText, lengthMs: milliseconds, leader: nodeId, term, requestId: shortText }),
  ),
  synchronous: v.object({ names: v.array(nodeId), required: notNegative }),
  failovers: v.array(v.object({ term, wallMs: v.number() })),
});
