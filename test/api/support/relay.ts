/** A network between two repmgrds that can stop, break, and change what passes. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { splitAddress } from '../../../src/api/address.ts';

export interface Relay {
  readonly address: string;
  /** Connections that were made so far. */
  readonly made: number;
  /** Nothing passes any more, and nobody is told; new connections open and stay silent. */
  freeze(): void;
  thaw(): void;
  /** Breaks off what is open. */
  breakOff(): void;
  /** All that passed, in both directions. */
  seen(): string;
}

/** @param change what comes back from `target`, piece by piece */
export async function startRelay(target: string, change = (piece: Buffer): Buffer => piece): Promise<Relay> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  let made = 0;
  const passed: Buffer[] = [];
  const server = createServer((client) => {
    made++;
    const upstream = connect(splitAddress(target));
    const pass = (from: Socket, to: Socket, alter: (piece: Buffer) => Buffer): void => {
      sockets.add(from);
      if (isFrozen) from.pause();
      from.on('data', (piece: Buffer) => {
        passed.push(piece);
        to.write(alter(piece));
      });
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    };
    pass(client, upstream, (piece) => piece);
    pass(upstream, client, change);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakOff = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(async () => {
    breakOff();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    get made() {
      return made;
    },
    freeze: () => {
      isFrozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      isFrozen = false;
      for (const socket of sockets) socket.resume();
    },
    breakOff,
    seen: () => Buffer.concat(passed).toString(),
  };
}
