import type * as Crypto from 'node:crypto';
import { createServer } from 'node:net';
import { expect, it, vi } from 'vitest';
import { findFreePorts, releasePorts } from '../../src/system/free-ports.ts';

const chance = vi.hoisted(() => ({ start: undefined as number | undefined }));
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof Crypto>();
  return { ...crypto, randomInt: (size: number) => chance.start ?? crypto.randomInt(size) };
});

it('finds different ports on which a server can listen, outside of those that clients get', async () => {
  const ports = await findFreePorts(5, '127.0.0.1');
  expect(new Set(ports).size).toBe(5);
  for (const port of ports) {
    expect(port).toBeLessThan(32_768);
    await new Promise<void>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
    });
  }
});

it('passes over ports that are in use, and begins again at the first one', async () => {
  // The last port of the range.
  chance.start = 11_999;
  const [taken = 0] = await findFreePorts(1, '127.0.0.1');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));
  try {
    const [next = 0] = await findFreePorts(1, '127.0.0.1');
    expect(next).not.toBe(taken);
    expect(next).toBeGreaterThanOrEqual(20_000);
  } finally {
    server.close();
  }
});

it('finds no port again before it is released, though nobody listens on it', async () => {
  chance.start = 500;
  const first = await findFreePorts(3, '127.0.0.1');
  const second = await findFreePorts(3, '127.0.0.1');
  expect(new Set([...first, ...second]).size).toBe(6);
  releasePorts(first);
  expect(await findFreePorts(3, '127.0.0.1')).toEqual(first);
});
