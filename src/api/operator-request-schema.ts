/** What an operator may ask for, as it comes in by the control socket or from the repmgrd that was asked. */
import * as v from 'valibot';
import type { OperatorRequest } from '../failover/operator-request.ts';
import { milliseconds, nodeId, notNegative, type Plain, shortText } from './schema-parts.ts';

const requests = {
  pause: v.object({ kind: v.literal('pause'), lengthMs: milliseconds, reason: shortText }),
  unpause: v.object({ kind: v.literal('unpause'), isForced: v.boolean() }),
  switchover: v.object({ kind: v.literal('switchover'), to: nodeId }),
  promote: v.object({ kind: v.literal('promote'), isForced: v.boolean() }),
  follow: v.object({ kind: v.literal('follow'), node: nodeId }),
  join: v.object({ kind: v.literal('join'), node: nodeId }),
  leave: v.object({ kind: v.literal('leave'), node: nodeId }),
  maintenance: v.object({
    kind: v.literal('maintenance'),
    node: v.nullable(nodeId),
    lengthMs: milliseconds,
  }),
  synchronousQuorum: v.object({ kind: v.literal('synchronousQuorum'), required: notNegative }),
} satisfies {
  [Kind in OperatorRequest['kind']]: v.GenericSchema<
    unknown,
    Plain<Extract<OperatorRequest, { readonly kind: Kind }>>
  >;
};

export const operatorRequest = v.variant('kind', [
  requests.pause,
  requests.unpause,
  requests.switchover,
  requests.promote,
  requests.follow,
  requests.join,
  requests.leave,
  requests.maintenance,
  requests.synchronousQuorum,
]);
