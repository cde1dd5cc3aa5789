/** Opens a connection to another repmgrd, up to its nonce; nothing is said on it yet. */
import { type ClientRequest, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '../limits.ts';
import { type Certificates, secureRequest } from './certificates.ts';
import { nonceHeader, upgradeName } from './protocol.ts';
import type { Purpose } from './signature.ts';

export interface OpenedConnection {
  readonly socket: Socket;
  readonly nonce: string;
  /** What came in behind the answer. */
  readonly head: Buffer;
}

export interface Opening {
  readonly purpose: Purpose;
  /** An address, never a name: nothing is looked up here. */
  readonly host: string;
  readonly port: number;
  /** Undefined: without TLS. */
  readonly certificates: Certificates | undefined;
  readonly signal: AbortSignal;
}

/** @throws Error whose message tells why in words, after `limits.peerOpenMs` at the latest */
export async function openConnection(opening: Opening): Promise<OpenedConnection> {
  const { host, port, purpose, certificates, signal } = opening;
  const options = {
    host,
    port,
    path: purpose,
    agent: false,
    headers: { connection: 'Upgrade', upgrade: upgradeName },
  } as const;
  return await new Promise((resolve, reject) => {
    const request: ClientRequest =
      certificates === undefined ? httpRequest(options) : secureRequest(options, certificates);
    const timer = setTimeout(
      () => request.destroy(new Error('it did not answer in time')),
      limits.peerOpenMs,
    );
    const onAbort = (): void => void request.destroy(new Error('the connection is no longer wanted'));
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    request.on('upgrade', (response, socket, head) => {
      end();
      const nonce = response.headers[nonceHeader];
      if (typeof nonce !== 'string') {
        socket.destroy();
        reject(new Error('what listens there is no repmgrd'));
        return;
      }
      socket.removeAllListeners('timeout');
      (socket as Socket).setNoDelay(true).setKeepAlive(true, limits.keepaliveIdleMs);
      resolve({ socket: socket as Socket, nonce, head });
    });
    request.on('response', (response) => {
      end();
      request.destroy();
      reject(new Error(`what listens there is no repmgrd: it answered with status ${response.statusCode}`));
    });
    request.on('error', (error) => {
      end();
      reject(error);
    });
    if (signal.aborted) onAbort();
    request.end();
  });
}
