/** Clients: one on every server, writing whenever it may, and remembering what was acknowledged. */
import type { PostgresServer } from '../postgres/server.ts';
import type { World } from '../world/world.ts';

/** Sessions that wait hang; there are only so many. */
const sessions = 4;

export function startClients(world: World): void {
  const { intervalMs, commitBytes } = world.options.clients;
  if (intervalMs === 0) return;
  const writeTo = (server: PostgresServer) => {
    if (server.phase === 'writable' && server.commits.open < sessions && !server.isFull) {
      server.write(Math.ceil(commitBytes * world.random.between(0.2, 2)), false, ({ branch, lsn }) =>
        world.acknowledged(server, branch, lsn),
      );
    }
    world.schedule.after(world.random.exponential(intervalMs), undefined, () => writeTo(server));
  };
  for (const { server } of world.nodes) {
    if (server !== undefined)
      world.schedule.after(world.random.exponential(intervalMs), undefined, () => writeTo(server));
  }
}
