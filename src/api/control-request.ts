/** What a command asks the repmgrd of its node, over the control socket, and what it hears. */
import * as v from 'valibot';
import type { OperatorRequest } from '../failover/operator-request.ts';
import { operatorRequest } from './operator-request-schema.ts';
import { parseJson } from './json.ts';
import { milliseconds } from './schema-parts.ts';
import type { ApiView, DecisionView } from './view.ts';

export type ControlRequest =
  /** Which process it is: answered also while it waits for what it needs. */
  | { readonly kind: 'process' }
  | { readonly kind: 'status' }
  | { readonly kind: 'decisions' }
  /** A token that lets one witness in. */
  | { readonly kind: 'invite'; readonly lifetimeMs: number }
  | { readonly kind: 'operator'; readonly request: OperatorRequest };

export type ControlAnswer =
  /** `isWaiting`: it knows nothing of its cluster yet, and answers nothing else. */
  | { readonly kind: 'process'; readonly pid: number; readonly isWaiting: boolean }
  | { readonly kind: 'status'; readonly view: ApiView }
  | { readonly kind: 'decisions'; readonly decisions: readonly DecisionView[] }
  /** Null: this node does not lead. */
  | {
      readonly kind: 'invite';
      readonly given: { readonly token: string; readonly endsAtMs: number } | null;
    }
  /** Where it was refused, the sentence says why. */
  | { readonly kind: 'operator'; readonly isAccepted: boolean; readonly sentence: string }
  /** It could not be answered: a defect, or a request of a later version. */
  | { readonly kind: 'failed'; readonly reason: string };

const requestSchema = v.variant('kind', [
  v.object({ kind: v.literal('process') }),
  v.object({ kind: v.literal('status') }),
  v.object({ kind: v.literal('decisions') }),
  v.object({ kind: v.literal('invite'), lifetimeMs: milliseconds }),
  v.object({ kind: v.literal('operator'), request: operatorRequest }),
]);

/** @returns undefined where the text is no such request */
export function readControlRequest(text: string): ControlRequest | undefined {
  const result = v.safeParse(requestSchema, parseJson(text));
  return result.success ? (result.output as unknown as ControlRequest) : undefined;
}
