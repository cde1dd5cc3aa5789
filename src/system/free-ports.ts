/** Finds TCP ports that nobody uses. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';
import { failure } from '../errors.ts';

/**
 * Below the ports that systems give to outgoing connections (32768 on Linux): a server that is stopped for a while
 * does not lose its port to somebody's client.
 */
const range = { first: 20_000, last: 31_999 } as const;

/**
 * What keeps other searches from a port that was found: the UDP port of the same number. It is held by this process,
 * since nobody listens on the TCP port yet, nor does while its server is stopped.
 */
const claims = new Map<number, Socket>();

/**
 * `count` different ports of `host` on which nobody listens at this moment, and that no other search finds until they
 * are released or this process ends. It begins at a random port.
 * @throws RepmgrError no_free_port
 */
export async function findFreePorts(count: number, host: string): Promise<readonly number[]> {
  const size = range.last - range.first + 1;
  const start = randomInt(size);
  const found: number[] = [];
  for (let step = 0; step < size && found.length < count; step += 1) {
    const port = range.first + ((start + step) % size);
    if (!(await claim(port))) continue;
    if (await isPortFree(port, host)) found.push(port);
    else releasePorts([port]);
  }
  if (found.length === count) return found;
  releasePorts(found);
  throw failure('no_free_port', {
    message: `there are no ${count} free ports on ${host}`,
    detail: `All ports from ${range.first} to ${range.last} were tried.`,
    hint: 'Stop servers that are not needed; show what listens with: ss -ltnp',
  });
}

/** Lets other searches find these ports again; ports that this process did not find itself are passed over. */
export function releasePorts(ports: readonly number[]): void {
  for (const port of ports) {
    claims.get(port)?.close();
    claims.delete(port);
  }
}

function claim(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref();
      claims.set(port, socket);
      resolve(true);
    });
  });
}

/** Whether nobody listens there at this moment; without a host: on any address of this machine. */
export function isPortFree(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, exclusive: true, ...(host === undefined ? {} : { host }) }, () =>
      server.close(() => resolve(true)),
    );
  });
}
