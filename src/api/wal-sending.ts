/** Hands WAL over to a winner: a line that says how much comes, the bytes, and a line with their signature. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { limits } from '../limits.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { sign } from './signature.ts';
import type { WalAnswer } from './wal-request.ts';

/** What the signature of the bytes is made with: nonce and counter of the request. */
export interface WalSeal {
  readonly secret: string;
  readonly nonce: string;
  readonly counter: number;
}

/** What the signature behind the bytes is made of; no request looks like it. */
export function walSignatureBody(sha256: string): string {
  return `WAL ${sha256}`;
}

let streams = 0;

/** Ends the connection in any case; what goes wrong the other side sees by a signature that does not come. */
export async function sendWal(socket: Socket, read: () => Promise<WalAnswer>, seal: WalSeal): Promise<void> {
  if (streams >= limits.walStreams) {
    socket.end('503 other requests for WAL are served just now\n');
    return;
  }
  streams++;
  socket.setTimeout(limits.walSilenceMs, () => socket.destroy());
  try {
    const answer = await read();
    if (answer.kind === 'refused') socket.end(`404 ${answer.reason.replaceAll('\n', ' ')}\n`);
    else await sendBytes(socket, answer, seal);
  } catch (error) {
    const reason = error instanceof Error ? redactConninfo(error.message) : 'it cannot be read';
    // Behind the first bytes this is no signature, so the other side believes none of them.
    socket.end(`500 ${reason.replaceAll('\n', ' ')}\n`);
  } finally {
    streams--;
  }
}

async function sendBytes(
  socket: Socket,
  { length, bytes }: Extract<WalAnswer, { readonly kind: 'bytes' }>,
  seal: WalSeal,
): Promise<void> {
  const hash = createHash('sha256');
  socket.write(`200 ${length}\n`);
  for await (const piece of bytes) {
    hash.update(piece);
    if (socket.destroyed) return;
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }
  const { secret, nonce, counter } = seal;
  const body = walSignatureBody(hash.digest('hex'));
  socket.end(`${sign(secret, { purpose: '/wal', nonce, counter, body })}\n`);
}
