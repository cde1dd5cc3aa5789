/** A few servers on hosts and a network in which nothing goes wrong but what a test does to them. */
import { Host } from '../world/host.ts';
import { Network } from '../world/network.ts';
import { Random } from '../world/random.ts';
import { Schedule } from '../world/schedule.ts';
import { Branch } from '../world/wal.ts';
import { DataDirectory } from './data-directory.ts';
import { PostgresServer } from './server.ts';
import type { ServerHabits, ServerWatcher } from './server-habits.ts';

const habits: ServerHabits = {
  recoveryMs: 100,
  longRecoveryChance: 0,
  longRecoveryMs: 0,
  promotionMs: 30,
  promotionFailChance: 0,
  promotionBlockChance: 0,
  promotionBlockMs: 0,
  startFailChance: 0,
  reloadMs: 5,
  slowReloadChance: 0,
  slowReloadMs: 0,
  replayMs: 5,
  receiverRetryMs: 200,
  receiverLingerChance: 0,
  receiverLingerMs: 3_000,
};

export const firstLsn = 1_000;

export class CalmServers {
  readonly schedule = new Schedule();
  readonly network: Network;
  readonly servers: readonly PostgresServer[];
  /** LSNs of commits that were acknowledged, by node. */
  readonly acknowledged: number[] = [];
  readonly corrupted: number[] = [];

  /** Node 1 is a primary, the others are its standbys. */
  constructor(count: number, part: Partial<ServerHabits> = {}) {
    const random = new Random(1);
    const { schedule } = this;
    const link = { delayMs: 1, jitterMs: 0, lossChance: 0, duplicateChance: 0, lateChance: 0, lateMs: 0 };
    this.network = new Network(schedule, random, link, count + 1);
    const root = new Branch(1, 1, undefined, 0);
    root.end = firstLsn;
    const nothing = () => {};
    const watcher: ServerWatcher = {
      changed: nothing,
      becameWritable: nothing,
      noLongerWritable: nothing,
      acknowledged: nothing,
      walReceived: nothing,
      tell: nothing,
      corrupted: ({ node }) => this.corrupted.push(node),
    };
    const disk = { syncMs: 1, slowChance: 0 };
    this.servers = Array.from({ length: count }, (_, index) => {
      const host = new Host(schedule, random, { clockRate: 1, disk, hasOneDisk: true });
      const server = new PostgresServer(index + 1, host, new DataDirectory(root, firstLsn, 'shut down'), {
        schedule,
        network: this.network,
        random,
        habits: { ...habits, ...part },
        watcher,
        isHearing: () => true,
        findServer: (node) => this.servers[node - 1],
      });
      server.directory.standbySignal = index > 0;
      if (index > 0) server.directory.primaryConninfo = 'node 1';
      return server;
    });
    for (const server of this.servers) server.start('service');
    this.pass(2_000);
  }

  /** @param id from 1 on */
  node(id: number): PostgresServer {
    const server = this.servers[id - 1];
    if (server === undefined) throw new Error(`no node ${id}`);
    return server;
  }

  pass(ms: number): void {
    this.schedule.runUntil(this.schedule.now + ms);
  }

  /** @returns false where it accepts no writes */
  write(id: number, bytes = 100): boolean {
    return this.node(id).write(bytes, false, ({ lsn }) => this.acknowledged.push(lsn));
  }

  /** Takes the node from the network, in both directions. */
  cut(id: number): void {
    for (const { node } of this.servers) {
      if (node === id) continue;
      this.network.cut(id, node);
      this.network.cut(node, id);
    }
  }
}
