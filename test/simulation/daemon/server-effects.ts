/** Effects on the server's life: down, up, promoted, rejoined. */
import type { Action } from '../../../src/failover/actions.ts';
import type { LsnBytes } from '../../../src/failover/position.ts';
import type { NodeId } from '../../../src/model/node.ts';
import { nobodyHasThisName } from '../postgres/data-directory.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { Daemon } from './daemon.ts';
import { timelineOf } from './observe.ts';
import { poll } from './poll.ts';
import { writeNames } from './wal-effects.ts';

/** From SIGQUIT to SIGKILL. */
const quitMs = 300;
/** Crash recovery can take very long. */
const startMs = 3_600_000;
/** A shutdown that waits for a standby that does not answer. */
const shutDownMs = 5_000;

/** SIGQUIT, then SIGKILL for all that is left. */
export function fence(daemon: Daemon, id: number): void {
  const { server, world } = daemon;
  daemon.downs += 1;
  if (server === undefined) return down(daemon, id);
  const { incarnation } = server;
  world.tell(daemon.node, 'PostgreSQL gets SIGQUIT');
  // Processes that are stopped, or that wait for a disk, don't react to it.
  if (!server.host.disk.isHanging && !server.hasOrphans) {
    world.schedule.after(world.random.between(3, 20), server.process, () => {
      if (server.incarnation === incarnation && !server.process.isFrozen) server.killEverything();
    });
  }
  poll(
    daemon,
    quitMs,
    () => server.phase === 'none' && !server.hasOrphans,
    () => {
      server.killEverything();
      down(daemon, id);
    },
  );
}

export function takeDown(daemon: Daemon, id: number): void {
  daemon.downs += 1;
  daemon.world.schedule.after(daemon.world.random.between(3, 15), daemon.process, () => {
    daemon.server?.killEverything();
    down(daemon, id);
  });
}

/** A fast shutdown that ends, or is given up. */
export function shutDown(daemon: Daemon, id: number): void {
  const { server } = daemon;
  if (server === undefined) return down(daemon, id);
  server.shutDown();
  poll(
    daemon,
    shutDownMs,
    () => server.phase === 'none',
    (isOver) => {
      if (!isOver) {
        daemon.failed(id, 'the shutdown does not end');
        return;
      }
      // A crash may have come before: its orphans would write on.
      server.killEverything();
      down(daemon, id);
    },
  );
}

/** Nothing is left of it; standby.signal is put in place. */
function down(daemon: Daemon, id: number): void {
  const { server } = daemon;
  if (server === undefined) {
    daemon.finished(id, { kind: 'down', timeline: null, endOfWal: null });
    return;
  }
  if (server.directory.standbySignal) {
    finishDown(daemon, id, server);
    return;
  }
  server.host.disk.sync(daemon.process, (isDurable) => {
    if (!isDurable) {
      daemon.failed(id, 'standby.signal could not be written');
      return;
    }
    server.directory.standbySignal = true;
    finishDown(daemon, id, server);
  });
}

function finishDown(daemon: Daemon, id: number, server: PostgresServer): void {
  const isReadable = !server.host.disk.isFailing && !server.host.disk.isHanging;
  daemon.world.tell(daemon.node, 'PostgreSQL is down');
  daemon.finished(id, {
    kind: 'down',
    timeline: isReadable ? timelineOf(server.directory.branch) : null,
    endOfWal: isReadable ? (server.directory.writtenLsn as LsnBytes) : null,
  });
}

/** By both clocks, so that a suspension is no way around the deadline. */
function isInTime(daemon: Daemon, deadline: { notAfter: number; notAfterBootTimeMs: number }): boolean {
  const now = daemon.now();
  if (daemon.server !== undefined) daemon.server.allowedAt = daemon.world.schedule.now;
  return now.monotonicMs <= deadline.notAfter && now.bootTimeMs <= deadline.notAfterBootTimeMs;
}

export function promote(daemon: Daemon, action: Extract<Action, { kind: 'promote' }>): void {
  const { server, world } = daemon;
  if (server === undefined || server.phase !== 'recovery') {
    daemon.failed(action.id, 'PostgreSQL does not run as a standby', false);
    return;
  }
  const { incarnation } = server;
  const { downs } = daemon;
  server.replayBlockedUntil = world.schedule.now;
  if (action.synchronousStandbyNames !== null) {
    server.directory.synchronousNames = writeNames(action.synchronousStandbyNames);
  } else if (server.directory.synchronousNames === nobodyHasThisName) {
    server.directory.synchronousNames = '';
  }
  world.schedule.after(world.random.between(1, 6), daemon.process, () => {
    if (!isInTime(daemon, action)) {
      daemon.failed(action.id, 'the contact ended before the promotion', false);
      return;
    }
    // From here to the server it takes a moment, which nobody can check any more.
    world.schedule.after(world.random.between(0.2, 1), daemon.process, () => {
      if (server.incarnation !== incarnation || daemon.downs !== downs || !server.promote()) {
        daemon.failed(action.id, 'PostgreSQL refused the promotion');
        return;
      }
      world.promotionCalled(daemon, action.term);
      const isOver = () => server.phase !== 'recovery' || !server.isPromoting;
      poll(daemon, startMs, isOver, () => {
        if (server.phase !== 'writable') {
          daemon.failed(action.id, 'PostgreSQL died while it was promoted');
          return;
        }
        daemon.finished(action.id, {
          kind: 'promoted',
          timeline: timelineOf(server.directory.branch),
          flushedLsn: server.directory.flushedLsn as LsnBytes,
        });
      });
    });
  });
}

export function startAsStandby(daemon: Daemon, id: number): void {
  const { server } = daemon;
  if (server === undefined) {
    daemon.failed(id, 'there is no PostgreSQL');
    return;
  }
  if (server.phase === 'recovery') {
    daemon.finished(id, { kind: 'done' });
    return;
  }
  server.host.disk.sync(daemon.process, (isDurable) => {
    const { directory } = server;
    if (isDurable) directory.standbySignal = true;
    directory.primaryConninfo = '';
    if (directory.synchronousNames === nobodyHasThisName) directory.synchronousNames = '';
    if (!isDurable || (server.phase !== 'starting' && !server.start('repmgrd'))) {
      daemon.failed(id, 'PostgreSQL can not be started');
      return;
    }
    waitForStart(daemon, id, server, 'recovery');
  });
}

function waitForStart(
  daemon: Daemon,
  id: number,
  server: PostgresServer,
  phase: 'recovery' | 'writable',
): void {
  poll(
    daemon,
    startMs,
    () => server.phase !== 'starting',
    () => {
      if (server.phase === phase) daemon.finished(id, { kind: 'done' });
      else daemon.failed(id, 'the start of PostgreSQL failed');
    },
  );
}

export function restartInPlace(daemon: Daemon, action: Extract<Action, { kind: 'restartInPlace' }>): void {
  const { server, world } = daemon;
  if (server === undefined) {
    daemon.failed(action.id, 'there is no PostgreSQL');
    return;
  }
  const { downs } = daemon;
  server.host.disk.sync(daemon.process, (isDurable) => {
    if (!isDurable || daemon.downs !== downs || !isInTime(daemon, action)) {
      daemon.failed(
        action.id,
        isDurable ? 'the contact ended before the start' : 'standby.signal can not be moved',
        false,
      );
      return;
    }
    server.killEverything();
    server.directory.standbySignal = false;
    if (server.directory.synchronousNames === nobodyHasThisName) server.directory.synchronousNames = '';
    if (!server.start('repmgrd')) {
      server.directory.standbySignal = true;
      daemon.failed(action.id, 'PostgreSQL can not be started');
      return;
    }
    world.tell(daemon.node, 'PostgreSQL is restarted in place');
    world.schedule.after(10, daemon.process, () => {
      server.directory.standbySignal = true;
    });
    waitForStart(daemon, action.id, server, 'writable');
  });
}

export function armSafeStart(daemon: Daemon, id: number): void {
  changeFiles(daemon, id, (server) => {
    server.directory.standbySignal = true;
    server.directory.restartAfterCrash = 'off';
    server.directory.primaryConninfo = '';
  });
}

export function disarmSafeStart(daemon: Daemon, id: number, restartAfterCrash: string): void {
  changeFiles(daemon, id, (server) => {
    if (server.phase === 'writable') server.directory.standbySignal = false;
    server.directory.restartAfterCrash = restartAfterCrash;
  });
}

function changeFiles(daemon: Daemon, id: number, change: (server: PostgresServer) => void): void {
  const { server } = daemon;
  if (server === undefined) {
    daemon.failed(id, 'there is no PostgreSQL');
    return;
  }
  server.host.disk.sync(daemon.process, (isDurable) => {
    if (!isDurable) {
      daemon.failed(id, 'a settings file could not be written');
      return;
    }
    change(server);
    daemon.finished(id, { kind: 'done' });
  });
}

/** Keeps the diverged WAL, makes the directory a copy of the primary's, and follows it. */
export function rejoin(daemon: Daemon, id: number, node: NodeId): void {
  const { server, world } = daemon;
  const source = world.nodeOf(node)?.server;
  if (server === undefined || source === undefined) {
    daemon.failed(id, 'there is no PostgreSQL');
    return;
  }
  world.tell(daemon.node, `PostgreSQL is rejoined to node ${node}`);
  server.killEverything();
  server.isBeingCopied = true;
  world.schedule.after(world.random.scaled(300, 8_000), daemon.process, () => {
    const isReachable = source.phase === 'writable' && world.network.isOpenBothWays(daemon.node, node);
    server.isBeingCopied = false;
    if (!isReachable) {
      daemon.failed(id, `node ${node} can not be copied from`);
      return;
    }
    server.directory.becomeCopyOf(source.directory);
    server.directory.synchronousNames = source.directory.synchronousNames;
    server.directory.primaryConninfo = `node ${node}`;
    server.replayedLsn = server.directory.flushedLsn;
    if (server.start('repmgrd')) waitForStart(daemon, id, server, 'recovery');
    else daemon.failed(id, 'PostgreSQL can not be started');
  });
}
