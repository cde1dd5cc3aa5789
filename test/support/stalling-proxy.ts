/** A network that stops in the middle of something: the only way to hold a copy at a known point. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export interface StallingProxy {
  readonly port: number;
  /** One connection, the first that has had its bytes, gets no more. */
  readonly stalled: Promise<void>;
  /** Lets the stalled connection go on. */
  resume(): void;
  /** Breaks all connections off, and refuses new ones. */
  breakOff(): Promise<void>;
}

/**
 * Passes everything on to `port` of this machine; the first connection that has received `passedBytes` from there gets
 * no more for now. Short questions and answers never come so far, a copy does.
 */
export async function stallingProxy(port: number, passedBytes: number): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  let hasStalled = false;
  let tellStalled = (): void => {};
  let letGo = (): void => {};
  const stalled = new Promise<void>((resolve) => {
    tellStalled = resolve;
  });
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let receivedBytes = 0;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      client.write(chunk);
      const before = receivedBytes;
      receivedBytes += chunk.length;
      if (!hasStalled && before <= passedBytes && receivedBytes > passedBytes) {
        hasStalled = true;
        upstream.pause();
        letGo = () => upstream.resume();
        tellStalled();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakOff = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(breakOff);
  return { port: (server.address() as AddressInfo).port, stalled, resume: () => letGo(), breakOff };
}
