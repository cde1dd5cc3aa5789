/** repmgr's tables: written on a primary, and as old on each standby as its replay is. */
import type { RecordedMetadata, RegisteredNode } from '../../../src/failover/settings.ts';
import type { NodeId } from '../../../src/model/node.ts';
import type { Daemon } from '../daemon/daemon.ts';
import { endIsExact, isAnswering } from '../daemon/observe.ts';
import type { PostgresServer } from '../postgres/server.ts';
import { contains, type WalPosition } from './wal.ts';
import type { World } from './world.ts';

interface Version {
  readonly position: WalPosition;
  readonly metadata: RecordedMetadata;
  /** The same as read by who cannot know whether a newer version is still to be replayed. */
  readonly unsure: RecordedMetadata;
}

const rowBytes = 400;

export class Metadata {
  readonly #world: World;
  readonly #versions: Version[] = [];
  readonly #unreadable: RecordedMetadata;

  constructor(world: World, nodes: readonly RegisteredNode[], primary: NodeId, position: WalPosition) {
    this.#world = world;
    this.#append(position, { nodes, primary, namesTerm: false });
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
      if (server.phase === 'writable') {
        const nodes = this.#visibleOn(server)?.nodes ?? this.#unreadable.nodes;
        this.#add(server, { nodes, primary: daemon.node, namesTerm: true });
      }
    });
  }

  /** `standby promote` without a daemon names itself, and no term. */
  writeByHand(server: PostgresServer): void {
    this.#change(server, (last) => ({ ...last, primary: server.node as NodeId }));
  }

  /** `standby register`, `standby unregister`: on whatever server is the primary, seen from outside. */
  register(node: RegisteredNode, isRegistered: boolean): void {
    const primary = this.#world.nodes.find(({ server }) => server?.phase === 'writable')?.server;
    if (primary === undefined) return;
    this.#change(primary, (last) => {
      const others = last.nodes.filter(({ id }) => id !== node.id);
      return { ...last, nodes: isRegistered ? [...others, node] : others };
    });
  }

  #change(server: PostgresServer, changed: (last: RecordedMetadata) => RecordedMetadata): void {
    const last = this.#visibleOn(server);
    if (last !== undefined && server.write(rowBytes, true, () => {})) this.#add(server, changed(last));
  }

  #add(server: PostgresServer, metadata: RecordedMetadata): void {
    this.#append(server.directory.end, metadata);
  }

  #append(position: WalPosition, metadata: RecordedMetadata): void {
    const unsure = metadata.namesTerm === false ? { ...metadata, namesTerm: null } : metadata;
    this.#versions.push({ position, metadata, unsure });
  }

  /** Whether a node has a row on this server. */
  isRegisteredOn(server: PostgresServer, node: number): boolean {
    return this.#visibleOn(server)?.nodes.some(({ id }) => id === node) === true;
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
      if (version === undefined || !contains(position, version.position)) continue;
      return endIsExact(server) ? version.metadata : version.unsure;
    }
    return undefined;
  }
}
