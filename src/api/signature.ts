/**
 * Signatures of what repmgrds tell each other: HMAC-SHA256 by the secret of the cluster, over what was asked for, the
 * nonce of the receiver, a counter and the body. What was signed for one connection is worth nothing on another.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a connection is for; it stands in the request line that opens it. */
export type Purpose = '/peer' | '/wal' | '/metadata' | '/join';

export interface Signed {
  readonly purpose: Purpose;
  /** Of the receiver's present life and of this connection. */
  readonly nonce: string;
  /** 0 for the first text on the connection, then one more each time. */
  readonly counter: number;
  readonly body: string;
}

export function sign(secret: string, { purpose, nonce, counter, body }: Signed): string {
  return createHmac('sha256', secret)
    .update(`POST\n${purpose}\n${nonce}\n${counter}\n${body}`)
    .digest('base64url');
}

/**
 * @param secrets any of which may have been used: the present one, and the one that it replaced
 * @returns the one that was used; undefined: none of them
 */
export function secretOf(secrets: readonly string[], signed: Signed, signature: string): string | undefined {
  const given = Buffer.from(signature);
  return secrets.find((secret) => {
    const expected = Buffer.from(sign(secret, signed));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}
