/** Somebody who talks to a repmgrd by bytes of his own making. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { splitAddress } from '../../../src/api/address.ts';
import type { Purpose } from '../../../src/api/signature.ts';
import { waitUntil } from '../../../src/system/clock.ts';

export interface RawPeer {
  readonly socket: Socket;
  /** That of the connection; undefined where the other side did not upgrade. */
  readonly nonce: string;
  readonly lines: string[];
  /** Waits for so many lines in all. */
  answers(count: number): Promise<readonly string[]>;
  /** Waits for the other side to end the connection. */
  ended(): Promise<void>;
}

/** @param keepsOpen it does not close its end of the connection when the other one is closed */
export async function rawPeer(
  address: string,
  purpose: Purpose = '/peer',
  keepsOpen = false,
): Promise<RawPeer> {
  const socket = connect({ ...splitAddress(address), allowHalfOpen: keepsOpen });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (piece) => {
    text += piece.toString();
  });
  await once(socket, 'connect');
  socket.write(`GET ${purpose} HTTP/1.1\r\nHost: any\r\nConnection: Upgrade\r\nUpgrade: repmgr\r\n\r\n`);
  const lines: string[] = [];
  const headEnds = async () => {
    const end = text.indexOf('\r\n\r\n');
    return end < 0 ? undefined : end;
  };
  const end = await waitUntil(headEnds, { deadlineMs: 5_000, intervalMs: 5 });
  if (end === undefined) throw new Error(`no answer: ${text}`);
  const take = (): readonly string[] => {
    lines.splice(
      0,
      lines.length,
      ...text
        .slice(end + 4)
        .split('\n')
        .slice(0, -1),
    );
    return lines;
  };
  return {
    socket,
    nonce: /^repmgr-nonce: (.*)$/im.exec(text)?.[1]?.trim() ?? '',
    lines,
    answers: async (count) => {
      const found = await waitUntil(async () => (take().length >= count ? lines : undefined), {
        deadlineMs: 5_000,
        intervalMs: 5,
      });
      if (found === undefined) throw new Error(`only these answers came: ${lines.join(', ')}`);
      return found;
    },
    ended: async () => {
      const isClosed = await waitUntil(async () => (socket.closed ? true : undefined), {
        deadlineMs: 10_000,
        intervalMs: 5,
      });
      if (isClosed === undefined) throw new Error('the other side leaves the connection open');
    },
  };
}
