/**
 * The token that lets one witness in: one word that tells where to ask, for which cluster, and the key with which the
 * two prove themselves to each other. The key itself is never sent.
 */
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { parseJson } from './json.ts';

export interface InvitationToken {
  readonly cluster: string;
  /** That of the cluster; null where it is not known. */
  readonly systemIdentifier: string | null;
  /** HOST:PORT of the repmgrd that gave it. */
  readonly address: string;
  /** Names it; no secret. */
  readonly id: string;
  readonly key: string;
  /** By the wall clock of the repmgrd that gave it; that one decides. */
  readonly endsAtMs: number;
}

const schema = v.object({
  cluster: v.string(),
  systemIdentifier: v.nullable(v.string()),
  address: v.pipe(v.string(), v.regex(/^.+:\d{1,5}$/)),
  id: v.string(),
  key: v.pipe(v.string(), v.minLength(16)),
  endsAtMs: v.number(),
});

const beginning = 'repmgr-invitation-';

export function newInvitation(of: Omit<InvitationToken, 'id' | 'key'>): InvitationToken {
  const [id, key] = [randomBytes(9).toString('base64url'), randomBytes(32).toString('base64url')];
  return { ...of, id, key };
}

export function writeToken(token: InvitationToken): string {
  return `${beginning}${Buffer.from(JSON.stringify(token)).toString('base64url')}`;
}

/** @returns undefined where the text is no such token, or not all of it */
export function readToken(text: string): InvitationToken | undefined {
  const word = text.trim();
  if (!word.startsWith(beginning)) return undefined;
  const json = Buffer.from(word.slice(beginning.length), 'base64url').toString('utf8');
  const parsed = v.safeParse(schema, parseJson(json));
  return parsed.success ? parsed.output : undefined;
}
