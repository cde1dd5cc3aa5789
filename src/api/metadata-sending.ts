/** Tells a witness without PostgreSQL what this node knows of the cluster, encrypted. */
import type { Socket } from 'node:net';
import { redactConninfo } from '../model/conninfo.ts';
import { type Seal, seal } from './sealing.ts';

/** Ends the connection in any case. @param read what is told; where it throws, the other side is told why */
export async function sendMetadata(socket: Socket, read: () => Promise<string>, common: Seal): Promise<void> {
  try {
    socket.end(`200 ${seal(await read(), common)}\n`);
  } catch (error) {
    const reason = error instanceof Error ? redactConninfo(error.message) : 'it failed';
    socket.end(`503 ${reason.replaceAll('\n', ' ')}\n`);
  }
}
