/** repmgr's tables: written on a primary, and as old on each standby as its replay is. */
import type { RecordedMetadata, RegisteredNode } from '../../../src/failover/settings.ts';
import type { NodeId } from '../../../src/model/node.ts';
import type { Daemon } from '../daemon/daemon.ts';
import { isAnswering } from '../daemon/observe.ts';
import type { PostgresServer } from '../postgres/server.ts';
import { contains, type WalPosition } from './wal.ts';
import type { World } from './world.ts';

interface Version {
  readonly position: WalPosition;
  readonly metadata: RecordedMetadata;
}

const rowBytes = 400;

export class Metadata {
  readonly #world: World;
  readonly #versions: Version[] = [];
  readonly #unreadable: RecordedMetadata;

  constructor(world: World, nodes: readonly RegisteredNode[], primary: NodeId, position: WalPosition) {
    this.#world = world;
    this.#versions.push({ position, metadata: { nodes, primary, namesTerm: false } });
    this.#unreadable = { nodes, primary: null, namesTerm: null };
  }

  /** @param known what it read last, which holds while nobody can be asked */
  readBy(daemon: Daemon, known: RecordedMetadata | undefined): RecordedMetadata {
    const source = daemon.server ?? this.#copiedFrom(daemon);
    if (source === undefined || !isAnswering(source)) return known ?? this.#unreadable;
    return this.#visibleOn(source) ?? known ?? this.#unreadable;
  }

  /** The leader writes itself as the primary; nobody waits for it. */
  writeBy(daemon: Daemon, _term: number): void {
    const { server } = daemon;
    if (server === undefined) return;
    this.#world.schedule.after(this.#world.random.between(2, 20), daemon.process, () => {
      server.write(rowBytes, true, () => {});
      if (server.phase === 'writable') this.#add(server, daemon.node, daemon.settings.nodes);
    });
  }

  /** `standby register` and `standby promote` without a daemon: names no term. */
  writeByHand(server: PostgresServer): void {
    if (!server.write(rowBytes, true, () => {})) return;
    const last = this.#versions.at(-1)?.metadata;
    if (last !== undefined) {
      this.#versions.push({
        position: { ...server.directory.end },
        metadata: { ...last, primary: server.node as NodeId },
      });
    }
  }

  #add(server: PostgresServer, primary: NodeId, nodes: readonly RegisteredNode[]): void {
    this.#versions.push({ position: server.directory.end, metadata: { nodes, primary, namesTerm: true } });
  }

  /** A witness copies the tables from whichever primary it reaches. */
  #copiedFrom(daemon: Daemon): PostgresServer | undefined {
    return this.#world.nodes.find(
      ({ server, id }) =>
        server !== undefined &&
        server.phase === 'writable' &&
        this.#world.network.isOpenBothWays(daemon.node, id),
    )?.server;
  }

  #visibleOn(server: PostgresServer): RecordedMetadata | undefined {
    const lsn = server.phase === 'writable' ? server.directory.flushedLsn : server.replayedLsn;
    const position = { branch: server.directory.branch, lsn };
    for (let index = this.#versions.length - 1; index >= 0; index -= 1) {
      const version = this.#versions[index];
      if (version !== undefined && contains(position, version.position)) return version.metadata;
    }
    return undefined;
  }
}
