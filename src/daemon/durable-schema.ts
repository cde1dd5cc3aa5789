/** The state file of a repmgrd as it must look to be believed; what does not is as good as lost. */
import * as v from 'valibot';
import type { Durable } from '../failover/durable.ts';

const whole = v.pipe(v.number(), v.integer());
const nodeId = v.pipe(whole, v.minValue(1));
const term = whole;
const bytes = v.pipe(whole, v.minValue(0));
const orNull = <Schema extends v.GenericSchema>(schema: Schema) => v.nullable(schema);

const step = v.strictObject({ timelineId: v.pipe(whole, v.minValue(1)), beganAt: bytes, term });
const path = v.array(step);
const reasons = ['crash', 'stall', 'shutdown', 'fence', 'promotionFailed', 'handover'] as const;

const record = v.strictObject({
  version: v.strictObject({ term, number: whole }),
  voters: v.array(nodeId),
  replacedVoters: orNull(v.array(nodeId)),
  joining: orNull(v.strictObject({ node: nodeId, incarnation: v.string() })),
  pause: orNull(
    v.strictObject({
      reason: v.string(),
      lengthMs: v.number(),
      leader: nodeId,
      term,
      requestId: v.string(),
    }),
  ),
  synchronous: v.strictObject({ names: v.array(nodeId), required: whole }),
  failovers: v.array(v.strictObject({ term, wallMs: v.number() })),
});

const durable = v.strictObject({
  format: v.literal(1),
  term,
  vote: orNull(v.strictObject({ term, candidate: nodeId, confirms: orNull(term) })),
  leader: orNull(
    v.strictObject({
      term,
      node: nodeId,
      path: orNull(path),
      flushedLsn: orNull(bytes),
      failoverIsManual: v.boolean(),
      isWritable: v.boolean(),
    }),
  ),
  line: orNull(v.strictObject({ term, path })),
  leading: orNull(
    v.strictObject({ term, askedTerm: term, promotionCalled: v.boolean(), isPromoted: v.boolean() }),
  ),
  yielded: orNull(
    v.strictObject({
      term,
      upToTerm: term,
      promotionCalled: v.boolean(),
      reason: v.picklist(reasons),
      successor: orNull(nodeId),
      untold: v.array(nodeId),
    }),
  ),
  heardYields: v.array(v.strictObject({ node: nodeId, term, upToTerm: term, hasTail: v.boolean() })),
  givenUp: term,
  record: orNull(record),
  leaseMs: v.number(),
  timelines: path,
  ledOn: orNull(path),
  bootId: v.string(),
  frozen: orNull(
    v.strictObject({ primaryConninfo: v.string(), leader: orNull(nodeId), boundTerm: orNull(term) }),
  ),
  operatorNames: v.string(),
  replacedRestartAfterCrash: orNull(v.string()),
  maintenanceEndsAtWallMs: orNull(v.number()),
  pauseEndsAtBootMs: orNull(v.number()),
  hasLostState: v.boolean(),
  hasStrayed: v.boolean(),
  isRejoining: v.boolean(),
  openTerms: v.array(v.strictObject({ term, candidate: orNull(nodeId) })),
  directory: orNull(v.string()),
  replaced: orNull(v.strictObject({ untilLsn: orNull(bytes) })),
  attachedTo: orNull(nodeId),
  leftAloneBy: orNull(nodeId),
});

/** Without the brands, which the file cannot hold. */
type Plain<Value> = Value extends number
  ? number
  : Value extends string
    ? string
    : Value extends boolean | null
      ? Value
      : { [Key in keyof Value]: Plain<Value[Key]> };

/** @returns undefined where this is no state file of this format */
export function readDurable(value: unknown): Durable | undefined {
  const result = v.safeParse(durable, value);
  return result.success ? withBrands(result.output) : undefined;
}

/** Fails to compile where the schema lacks something of the type, or has it as another kind. */
function withBrands(plain: Plain<Durable>): Durable {
  return plain as unknown as Durable;
}
