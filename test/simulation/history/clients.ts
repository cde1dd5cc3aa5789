/** Clients: they write to every server that lets them, and remember what was acknowledged. */
import type { PostgresServer } from '../postgres/server.ts';
import type { World } from '../world/world.ts';

/** Sessions that wait hang; there are only so many on a server. */
const sessions = 4;

export function startClients(world: World): void {
  const { intervalMs, commitBytes, patienceMs } = world.options.clients;
  if (intervalMs === 0) return;
  const writeSoon = () => world.schedule.after(world.random.exponential(intervalMs), undefined, write);
  const write = () => {
    for (const { server } of world.nodes) {
      if (server === undefined) continue;
      if (patienceMs !== undefined && !world.isQuiet)
        server.commits.cancelBegunBefore(world.schedule.now - patienceMs);
      if (accepts(server)) commit(world, server, commitBytes);
    }
    writeSoon();
  };
  writeSoon();
}

function accepts({ phase, commits, isFull }: PostgresServer): boolean {
  return phase === 'writable' && commits.open < sessions && !isFull;
}

function commit(world: World, server: PostgresServer, bytes: number): void {
  server.write(Math.ceil(bytes * world.random.between(0.2, 2)), false, ({ branch, lsn }) =>
    world.acknowledged(server, branch, lsn),
  );
}
