/**
 * What a repmgrd tells the others of a new secret, on the connections that are open: sealed with one that both know. So
 * also who replays late, or has no server, has it before anybody signs with it.
 */
import * as v from 'valibot';
import type { ClusterSecrets } from '../model/cluster-secrets.ts';
import { parseJson } from './json.ts';
import { type Seal, seal, unseal } from './sealing.ts';

const kind = 'secrets';

const messageSchema = v.object({ kind: v.literal(kind), sealed: v.string() });

const secretsSchema = v.object({
  secrets: v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.minLength(1), v.maxLength(3)),
  secretVersion: v.pipe(v.number(), v.safeInteger()),
});

/** @returns JSON in one line */
export function writeSecrets({ secrets, secretVersion }: ClusterSecrets, common: Seal): string {
  return JSON.stringify({ kind, sealed: seal(JSON.stringify({ secrets, secretVersion }), common) });
}

/** @returns undefined where the body tells of something else, or was sealed with something else */
export function readSecrets(body: string, common: Seal): ClusterSecrets | undefined {
  const message = v.safeParse(messageSchema, parseJson(body));
  if (!message.success) return undefined;
  const secrets = v.safeParse(secretsSchema, parseJson(unseal(message.output.sealed, common) ?? ''));
  return secrets.success ? secrets.output : undefined;
}
