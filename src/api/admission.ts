/** What a witness that was invited asks for, and what it is told: one line each way, on a connection of its own. */
import * as v from 'valibot';
import type { NodeId } from '../model/node.ts';
import { parseJson } from './json.ts';
import { nodeId, shortText } from './schema-parts.ts';

export interface AdmissionRequest {
  readonly invitation: string;
  readonly cluster: string;
  readonly node: NodeId;
  readonly name: string;
  /** HOST:PORT of its repmgrd. */
  readonly address: string;
  readonly priority: number;
  /** The row that this witness has already is replaced. */
  readonly force: boolean;
  /** Nothing is changed, and the invitation stays good. */
  readonly isDryRun: boolean;
}

export type AdmissionRefusal =
  | { readonly kind: 'unknown' | 'expired' | 'used' | 'otherCluster'; readonly detail: string }
  /** The token is good for another attempt; message, detail and hint are those of an error. */
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly detail: string;
      readonly hint: string;
    };

export type AdmissionAnswer =
  | { readonly kind: 'admitted'; readonly key: string; readonly facts: string }
  | PlainAnswer;

/** What needs no encryption; `possible`: a dry run would be admitted. */
export type PlainAnswer = AdmissionRefusal | { readonly kind: 'possible' };

const requestSchema = v.object({
  invitation: shortText,
  cluster: shortText,
  node: nodeId,
  name: shortText,
  address: v.pipe(shortText, v.regex(/^.+:\d{1,5}$/)),
  priority: v.pipe(v.number(), v.safeInteger()),
  force: v.boolean(),
  isDryRun: v.boolean(),
});

/** @returns undefined where the text is no such request */
export function readAdmissionRequest(body: string): AdmissionRequest | undefined {
  const parsed = v.safeParse(requestSchema, parseJson(body));
  return parsed.success ? (parsed.output as AdmissionRequest) : undefined;
}

const plainSchema = v.variant('kind', [
  v.object({ kind: v.literal('possible') }),
  v.object({ kind: v.picklist(['unknown', 'expired', 'used', 'otherCluster']), detail: shortText }),
  v.object({
    kind: v.literal('refused'),
    code: shortText,
    message: shortText,
    detail: shortText,
    hint: shortText,
  }),
]);

/** @returns undefined where the text is no such answer */
export function readPlainAnswer(text: string): PlainAnswer | undefined {
  const parsed = v.safeParse(plainSchema, parseJson(text));
  return parsed.success ? parsed.output : undefined;
}
