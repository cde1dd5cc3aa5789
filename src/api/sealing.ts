/**
 * Encryption of what nobody else may read on the way: the secret of the cluster, and conninfo strings. AES-256-GCM, with
 * a key of its own for each connection, so that nothing that was sealed for one is worth anything on another.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Purpose } from './signature.ts';

/** What the two sides of a connection share. */
export interface Seal {
  readonly secret: string;
  readonly purpose: Purpose;
  readonly nonce: string;
}

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

export function seal(text: string, common: Seal): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, keyOf(common), iv);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** @returns undefined where it was sealed with something else, or changed on the way */
export function unseal(sealed: string, common: Seal): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < ivBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm, keyOf(common), bytes.subarray(0, ivBytes));
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  try {
    const text = decipher.update(bytes.subarray(ivBytes + tagBytes));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function keyOf({ secret, purpose, nonce }: Seal): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, nonce, `repmgr ${purpose}`, 32));
}
