/**
 * Whether a postmaster still takes new connections: it starts a process for ours, which answers one byte. Nothing is
 * logged for it, and no session is begun. Clients that are connected already may be served though it does not.
 */
import { Socket } from 'node:net';
import { join } from 'node:path';
import { beforeDeadline } from './deadline.ts';
import { connectSocket, type Endpoint, requestEncryption } from './socket.ts';

/** @param host an address, a name, or the directory of the unix socket. Never throws. */
export async function answersNewConnections(
  host: string,
  port: number,
  deadlineMs: number,
): Promise<boolean> {
  const socket = new Socket();
  const endpoint: Endpoint = host.startsWith('/')
    ? { address: join(host, `.s.PGSQL.${port}`), port: undefined }
    : { address: host, port };
  const ask = async (): Promise<boolean> => {
    await connectSocket(socket, endpoint);
    await requestEncryption(socket);
    return true;
  };
  try {
    return await beforeDeadline(ask(), { deadlineMs });
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
