/** Effects on replication: the WAL receiver, fetched WAL, synchronous names. */
import type { Action, SynchronousNames } from '../../../src/failover/actions.ts';
import type { ActionResult } from '../../../src/failover/events.ts';
import type { LsnBytes } from '../../../src/failover/position.ts';
import type { NodeId } from '../../../src/model/node.ts';
import { nobodyHasThisName } from '../postgres/data-directory.ts';
import type { PostgresServer } from '../postgres/server.ts';
import { branchAt, contains } from '../world/wal.ts';
import type { Daemon } from './daemon.ts';
import { endIsExact, endOfWal, timelineOf } from './observe.ts';
import { poll } from './poll.ts';

/** A freeze that can't be proven is given up. */
const freezeMs = 2_000;
/** A server that hangs doesn't keep the driver waiting for ever. */
const queryMs = 5_000;

export function freeze(daemon: Daemon, id: number): void {
  const { server, world } = daemon;
  if (server === undefined) {
    daemon.finished(id, { kind: 'frozen', timeline: null, endOfWal: null, endIsExact: false });
    return;
  }
  server.setPrimaryConninfo('');
  let isSignalled = false;
  poll(
    daemon,
    freezeMs,
    () => {
      if (server.process.isFrozen) return false;
      if (!server.receiver.exists) return true;
      if (isSignalled) server.receiver.terminate();
      isSignalled = true;
      return false;
    },
    (isGone) => {
      if (!isGone) daemon.failed(id, 'the WAL receiver does not end');
      else if (server.directory.primaryConninfo !== '')
        daemon.failed(id, 'primary_conninfo was set meanwhile');
      else {
        world.tell(daemon.node, `the WAL receiver is gone; WAL ends at ${server.directory.flushedLsn}`);
        daemon.finished(id, { kind: 'frozen', ...readEnd(server) });
      }
    },
  );
}

/** Where the WAL of a server without a receiver ends. */
function readEnd(server: PostgresServer): Omit<Extract<ActionResult, { kind: 'frozen' }>, 'kind'> {
  if (server.host.disk.isFailing) return { timeline: null, endOfWal: null, endIsExact: false };
  return {
    timeline: timelineOf(server.directory.branch),
    endOfWal: endOfWal(server) as LsnBytes,
    endIsExact: endIsExact(server),
  };
}

export function unfreeze(daemon: Daemon, id: number, primaryConninfo: string): void {
  daemon.server?.setPrimaryConninfo(primaryConninfo);
  finishAfterReload(daemon, id);
}

function finishAfterReload(daemon: Daemon, id: number): void {
  daemon.world.schedule.after(daemon.world.random.between(2, 15), daemon.process, () =>
    daemon.finished(id, { kind: 'done' }),
  );
}

export function follow(daemon: Daemon, id: number, node: NodeId): void {
  const { server } = daemon;
  if (server === undefined || (server.phase !== 'recovery' && server.phase !== 'starting')) {
    daemon.failed(id, 'PostgreSQL does not run as a standby');
    return;
  }
  server.setPrimaryConninfo(`node ${node}`);
  daemon.world.tell(daemon.node, `PostgreSQL is told to follow node ${node}`);
  finishAfterReload(daemon, id);
}

export function fetchWal(daemon: Daemon, action: Extract<Action, { kind: 'fetchWal' }>): void {
  const { server, world, settings } = daemon;
  const source = world.nodeOf(action.from)?.server;
  let isOver = false;
  const fail = (reason: string) => {
    if (isOver) return;
    isOver = true;
    daemon.failed(action.id, reason);
  };
  world.schedule.after(daemon.host.clock.virtualMs(settings.walTailTimeoutMs), daemon.process, () =>
    fail(`node ${action.from} does not send its WAL`),
  );
  if (server === undefined || source === undefined) return;
  world.askDaemon(daemon.node, action.from, () => {
    if (source.host.disk.isFailing || source.host.disk.isHanging) return;
    const lsn = Math.min(source.directory.writtenLsn, action.position.lsn);
    const end = { branch: branchAt(source.directory.end, lsn), lsn };
    const histories = new Set(source.directory.histories);
    const bytes = Math.max(0, lsn - server.directory.writtenLsn);
    world.carry(action.from, daemon.node, bytes, daemon.process, () => {
      if (isOver) return;
      if (!contains(end, server.directory.end)) {
        fail(`the WAL of node ${action.from} does not continue the local one`);
        return;
      }
      server.host.disk.sync(daemon.process, (isDurable) => {
        if (isOver) return;
        if (!isDurable) {
          fail('the fetched WAL could not be synced');
          return;
        }
        isOver = true;
        server.addWal(end.branch, end.lsn, histories);
        world.tell(daemon.node, `WAL of node ${action.from} is fetched up to ${end.lsn}`);
        daemon.finished(action.id, {
          kind: 'walFetched',
          timeline: timelineOf(server.directory.branch),
          endOfWal: server.directory.flushedLsn as LsnBytes,
          endIsExact: true,
        });
      });
    });
  });
}

export function hold(daemon: Daemon, id: number): void {
  const { server } = daemon;
  if (server === undefined || server.phase !== 'writable') {
    daemon.failed(id, 'PostgreSQL is not writable');
    return;
  }
  server.setSynchronousNames(nobodyHasThisName);
  poll(
    daemon,
    queryMs,
    () => server.commits.names?.nodes.length === 0,
    (isInForce) => {
      if (isInForce) daemon.finished(id, { kind: 'holdInForce' });
      else daemon.failed(id, 'no probe commit was seen waiting');
    },
  );
}

export function release(daemon: Daemon, id: number, synchronousStandbyNames: string): void {
  changeNames(daemon, id, synchronousStandbyNames);
}

export function setSynchronousNames(
  daemon: Daemon,
  { id, names, removed }: Extract<Action, { kind: 'setSynchronousNames' }>,
): void {
  const { server, world } = daemon;
  if (server === undefined || server.phase !== 'writable' || server.process.isFrozen) {
    daemon.failed(id, 'the names can not be written', false);
    return;
  }
  const text = writeNames(names);
  server.setSynchronousNames(text);
  world.schedule.after(world.random.between(1, 10), daemon.process, () => {
    for (const stream of server.streams) {
      if (removed.includes(stream.standby.node as NodeId)) stream.endSender(true);
    }
    daemon.finished(id, { kind: 'namesWritten', synchronousStandbyNames: text });
  });
}

export function writeNames({ names, required }: SynchronousNames): string {
  return required === 0 ? '' : `ANY ${required} (${names.join(',')})`;
}

function changeNames(daemon: Daemon, id: number, text: string): void {
  const { server } = daemon;
  if (server === undefined) {
    daemon.failed(id, 'there is no PostgreSQL');
    return;
  }
  server.setSynchronousNames(text);
  poll(
    daemon,
    queryMs,
    () => server.phase !== 'writable' || server.namesInForce === text,
    (isInForce) => {
      if (isInForce) daemon.finished(id, { kind: 'done' });
      else daemon.failed(id, 'synchronous_standby_names did not come into force');
    },
  );
}

export function writeWal(daemon: Daemon, id: number): void {
  const { server, world } = daemon;
  let isOver = false;
  const fail = () => {
    if (!isOver) daemon.failed(id, 'no WAL could be written');
    isOver = true;
  };
  if (server === undefined) {
    fail();
    return;
  }
  const isWritten = server.write(64, true, () => {
    const flushedLsn = server.directory.flushedLsn as LsnBytes;
    world.schedule.pass(daemon.process, () => {
      if (!isOver) daemon.finished(id, { kind: 'walWritten', flushedLsn });
      isOver = true;
    });
  });
  if (isWritten) world.schedule.after(queryMs, daemon.process, fail);
  else fail();
}
