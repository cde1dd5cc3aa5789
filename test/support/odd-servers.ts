/** What may listen on a port besides a healthy PostgreSQL. */
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A port on 127.0.0.1 whose connections are handed to `answer`; closed, with all of them, when the test is over. */
export async function portThatAnswers(answer: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    answer(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
