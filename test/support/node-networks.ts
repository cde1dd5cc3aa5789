/**
 * A network of its own for each node of a sandbox: namespaces on one bridge, which the test reaches too. What one node
 * sends to another can be lost, in one direction or in both, in silence: it is addressed to hardware that nobody has.
 */
import { randomInt } from 'node:crypto';
import { afterAll, onTestFinished } from 'vitest';
import type { NodeNetwork } from '../../src/sandbox/index.ts';
import { runCommand } from '../../src/system/command.ts';

export interface NodeNetworks {
  /** In the order of the nodes. */
  readonly networks: readonly NodeNetwork[];
  /** What node `from` sends to node `to` is lost from now on. */
  readonly lose: (from: number, to: number) => Promise<void>;
  /** Nothing passes between these and those any more; the test still reaches all of them. */
  readonly cut: (these: readonly number[], those: readonly number[]) => Promise<void>;
  /** Everything passes again, and by the shortest way. */
  readonly heal: () => Promise<void>;
  /** Makes a place from which a relay reaches the node, and where it is found by others after `relayed`. */
  readonly attachRelay: (node: number) => Promise<RelayPlace>;
  /** What the nodes send to each other goes to the relays from now on. */
  readonly relayed: () => Promise<void>;
}

export interface RelayPlace {
  readonly namespace: string;
  /** From which it may connect to the node; that of the node is its own too, by which it is found. */
  readonly ownAddress: string;
  /** By which it reaches the node. */
  readonly targetAddress: string;
}

export const noNetworks =
  'no network namespaces can be made here: that takes root, iproute2, and veth and bridge of Linux';

const nowhere = '02:00:00:00:ff:ff';
/** Numbers of relays, and the second addresses of nodes, by which their relays find them. */
const relayOffset = 100;
const targetOffset = 200;
const toRemove = new Set<() => Promise<void>>();
afterAll(async () => {
  await Promise.all([...toRemove].map((remove) => remove()));
});

/** They live until the test, or in beforeAll until all tests of the file, are over. @returns undefined where none can be made */
export async function nodeNetworks(count: number): Promise<NodeNetworks | undefined> {
  const nodes = Array.from({ length: count }, (_, index) => index + 1);
  // Names of interfaces have up to 15 characters; the range of addresses is the one for tests of networks (RFC 2544).
  const name = `rt${process.pid.toString(36)}${randomInt(36 ** 3).toString(36)}`;
  const subnet = `198.${randomInt(18, 20)}.${randomInt(256)}`;
  const namespaceOf = (node: number) => `${name}n${node}`;
  const relayOf = (node: number) => relayOffset + node;
  const remove = async (): Promise<void> => {
    await ip(['link', 'del', name]).catch(() => undefined);
    for (const node of [...nodes, ...nodes.map(relayOf)]) {
      // Connections that were cut keep a namespace alive for minutes, and its interface with it.
      await ip(['link', 'del', `${name}p${node}`]).catch(() => undefined);
      await ip(['netns', 'del', namespaceOf(node)]).catch(() => undefined);
    }
  };
  try {
    onTestFinished(remove);
  } catch {
    toRemove.add(remove);
  }
  try {
    await ip(['link', 'add', name, 'type', 'bridge']);
    await ip(['addr', 'add', `${subnet}.254/24`, 'dev', name]);
    await ip(['link', 'set', name, 'up']);
    for (const node of nodes) await connectNode(name, namespaceOf(node), node, subnet);
  } catch {
    return undefined;
  }
  const neighbour = (node: number, address: string, device: string) => {
    return [`${subnet}.${node}`, 'lladdr', address, 'dev', device, 'nud', 'permanent'];
  };
  const send = async (from: number, to: number, address: string): Promise<void> => {
    await ip(['-n', namespaceOf(from), 'neigh', 'replace', ...neighbour(to, address, 'eth0')]);
  };
  const lose = async (from: number, to: number): Promise<void> => await send(from, to, nowhere);
  const pairs = nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => [from, to] as const));
  return {
    networks: nodes.map((node) => ({
      address: `${subnet}.${node}`,
      namespace: `/run/netns/${namespaceOf(node)}`,
    })),
    lose,
    cut: async (these, those) => {
      const pairs = these.flatMap((one) => those.map((other) => [one, other] as const));
      await Promise.all(pairs.flatMap(([one, other]) => [lose(one, other), lose(other, one)]));
    },
    heal: async () => {
      await Promise.all(pairs.map(([from, to]) => send(from, to, hardwareOf(to))));
    },
    attachRelay: async (node) => {
      const [relay, target] = [relayOf(node), targetOffset + node] as const;
      const targetAddress = `${subnet}.${target}`;
      // We go on to find the node itself at its address.
      await ip(['neigh', 'replace', ...neighbour(node, hardwareOf(node), name)]);
      await ip(['-n', namespaceOf(node), 'addr', 'add', `${targetAddress}/24`, 'dev', 'eth0']);
      await connectNode(name, namespaceOf(relay), relay, subnet);
      await ip(['-n', namespaceOf(relay), 'addr', 'add', `${subnet}.${node}/24`, 'dev', 'eth0']);
      // Others have relays at their addresses too, but what comes back to them goes to themselves.
      for (const other of nodes.filter((it) => it !== node)) await send(relay, other, hardwareOf(other));
      return {
        namespace: `/run/netns/${namespaceOf(relay)}`,
        ownAddress: `${subnet}.${relay}`,
        targetAddress,
      };
    },
    relayed: async () => {
      await Promise.all(pairs.map(([from, to]) => send(from, to, hardwareOf(relayOf(to)))));
    },
  };
}

async function connectNode(bridge: string, namespace: string, node: number, subnet: string): Promise<void> {
  const ours = `${bridge}p${node}`;
  await ip(['netns', 'add', namespace]);
  const peer = ['peer', 'name', 'eth0', 'address', hardwareOf(node), 'netns', namespace];
  await ip(['link', 'add', ours, 'type', 'veth', ...peer]);
  await ip(['link', 'set', ours, 'master', bridge, 'up']);
  await ip(['-n', namespace, 'addr', 'add', `${subnet}.${node}/24`, 'dev', 'eth0']);
  await ip(['-n', namespace, 'link', 'set', 'eth0', 'up']);
  await ip(['-n', namespace, 'link', 'set', 'lo', 'up']);
}

function hardwareOf(node: number): string {
  return `02:00:00:00:00:${node.toString(16).padStart(2, '0')}`;
}

async function ip(args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCommand('ip', args);
  if (exitCode !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`);
}
