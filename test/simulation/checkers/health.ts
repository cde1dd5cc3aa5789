/** The state that a cluster should be in, judged by the truth: one primary, its standbys behind it, nobody waiting. */
import type { PostgresServer } from '../postgres/server.ts';
import type { World } from '../world/world.ts';

/** A commit that waits longer is held. */
const heldMs = 1_500;

/** @param isLeftOut nodes that are not expected to be well @returns what is wrong, or undefined */
export function findComplaint(world: World, isLeftOut: (node: number) => boolean): string | undefined {
  const writable: PostgresServer[] = [];
  for (const { server } of world.nodes) if (server?.isWritable === true) writable.push(server);
  const [primary] = writable;
  if (primary === undefined) return 'there is no primary';
  if (writable.length > 1) return `nodes ${writable.map(({ node }) => node).join(' and ')} are writable`;
  const since = primary.commits.oldestWaitingSince;
  const isHeld = since !== undefined && world.schedule.now - since > heldMs;
  if (isHeld && !lacksStandbys(world, primary, isLeftOut)) return 'commits wait';
  const leader = world.nodeOf(primary.node)?.daemon.state?.role;
  if (leader?.kind !== 'leader') return `node ${primary.node} is writable and leads no term`;
  for (const { id, server } of world.nodes) {
    if (server === undefined || server === primary || isLeftOut(id)) continue;
    if (!world.metadata.isRegisteredOn(primary, id)) continue;
    if (server.phase === 'none') return `PostgreSQL of node ${id} does not run`;
    if (server.receiver.stream === undefined) return `node ${id} streams from nobody`;
    if (!isFedBy(server, primary)) return `node ${id} does not follow node ${primary.node}`;
  }
  return undefined;
}

/** More standbys have to acknowledge than are there without those that are left out. */
function lacksStandbys(world: World, primary: PostgresServer, isLeftOut: (node: number) => boolean): boolean {
  const required = world.nodeOf(primary.node)?.daemon.file?.record?.synchronous.required ?? 0;
  const able = world.nodes.filter(
    ({ id, server }) => server !== undefined && server !== primary && !isLeftOut(id),
  );
  return able.length < required;
}

function isFedBy(standby: PostgresServer, primary: PostgresServer): boolean {
  let server: PostgresServer | undefined = standby;
  for (let steps = 0; steps < 10 && server !== undefined; steps += 1) {
    const { stream }: PostgresServer['receiver'] = server.receiver;
    server = stream?.hasSender === true ? stream.upstream : undefined;
    if (server === primary) return true;
  }
  return false;
}
