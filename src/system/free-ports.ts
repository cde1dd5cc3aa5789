/** Finds TCP ports that nobody uses. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { failure } from '../errors.ts';

/**
 * Below the ports that systems give to outgoing connections (32768 on Linux): a server that is stopped for a while
 * does not lose its port to somebody's client.
 */
const range = { first: 20_000, last: 31_999 } as const;

/**
 * `count` different ports of `host` on which nobody listens at this moment. The search begins at a random port, so
 * that two programs that search at the same time hardly ever find the same ones.
 * @throws RepmgrError no_free_port
 */
export async function findFreePorts(count: number, host: string): Promise<readonly number[]> {
  const size = range.last - range.first + 1;
  const start = randomInt(size);
  const found: number[] = [];
  for (let step = 0; step < size && found.length < count; step += 1) {
    const port = range.first + ((start + step) % size);
    if (await isPortFree(port, host)) found.push(port);
  }
  if (found.length === count) return found;
  throw failure('no_free_port', {
    message: `there are no ${count} free ports on ${host}`,
    detail: `All ports from ${range.first} to ${range.last} were tried.`,
    hint: 'Stop servers that are not needed; show what listens with: ss -ltnp',
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
