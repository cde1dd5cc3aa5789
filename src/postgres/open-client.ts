/** What an open session needs, whatever runs on it: a deadline for each command, knowing of its end, closing. */
import { Socket } from 'node:net';
import type { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { beforeDeadline } from './deadline.ts';
import type { Session } from './session.ts';
import { connectSocket, sendCancelRequest } from './socket.ts';
import { connectionLost } from './statement-failure.ts';
import { targetName } from './targets.ts';

export interface OpenClient {
  /** `node1:5432`, for messages. */
  readonly server: string;
  /** @throws RepmgrError connection_lost where the session is over */
  throwIfLost(): void;
  /** Calls back once, when the session has ended in whatever way; at once where it is over already. */
  whenLost(callback: (reason: RepmgrError) => void): void;
  /** Gives the session up at once; the server is asked to end what it does, without waiting for it. */
  abandon(reason: RepmgrError): void;
  /** Says goodbye to the server, for a short time. Never throws; safe to call twice. */
  close(): Promise<void>;
}

/** Takes over the client of a session that was opened. */
export function keepOpen(session: Session): OpenClient {
  const { client } = session;
  const server = targetName(session.target);
  let lost: RepmgrError | undefined;
  let listeners: ((reason: RepmgrError) => void)[] = [];
  const lose = (reason: RepmgrError): void => {
    if (lost !== undefined) return;
    lost = reason;
    for (const listener of listeners) listener(reason);
    listeners = [];
  };
  client.on('error', (error: unknown) => lose(connectionLost(server, error)));
  client.on('end', () => lose(connectionLost(server, undefined)));
  return {
    server,
    throwIfLost() {
      if (lost !== undefined) {
        throw lost;
      }
    },
    whenLost(callback) {
      if (lost === undefined) listeners.push(callback);
      else callback(lost);
    },
    abandon(reason) {
      lose(reason);
      client.connection.stream.destroy();
      cancelOnServer(session);
    },
    async close() {
      if (lost !== undefined) {
        // The driver leaves it open where it did not understand an answer, and the program would never end.
        client.connection.stream.destroy();
        return;
      }
      lose(connectionLost(server, new Error('it was closed by this program')));
      try {
        await beforeDeadline(client.end(), { deadlineMs: limits.closeMs });
      } catch {
        client.connection.stream.destroy();
      }
    },
  };
}

/** Without it a statement goes on in the server until it has something to send. */
function cancelOnServer({ client, endpoint }: Session): void {
  const { processID, secretKey } = client;
  if (processID === null || secretKey === null) {
    return;
  }
  const socket = new Socket();
  socket.setTimeout(limits.closeMs, () => socket.destroy());
  // The program may end before: nothing depends on it.
  socket.unref();
  connectSocket(socket, endpoint).then(
    () => sendCancelRequest(socket, processID, secretKey),
    () => socket.destroy(),
  );
}
