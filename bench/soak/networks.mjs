// A network of its own for each node: namespaces on one bridge. What passes between two of them can be lost in silence.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const nowhere = '02:00:00:00:ff:ff';

/** @returns undefined where this user, or this system, cannot make them */
export async function makeNetworks(count) {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const name = `soak${process.pid.toString(36)}`;
  // The range for tests of networks (RFC 2544).
  const subnet = `198.18.${process.pid % 256}`;
  const namespaceOf = (node) => `${name}n${node}`;
  const send = async (from, to, address) =>
    await ip(
      '-n',
      namespaceOf(from),
      'neigh',
      'replace',
      `${subnet}.${to}`,
      'lladdr',
      address,
      'dev',
      'eth0',
      'nud',
      'permanent',
    );
  const sendAll = async (pairs, addressOf) =>
    await Promise.all(pairs.map(async ([from, to]) => await send(from, to, addressOf(to))));
  const pairs = numbers.flatMap((from) => numbers.filter((to) => to !== from).map((to) => [from, to]));
  const remove = async () => {
    await ip('link', 'del', name).catch(() => undefined);
    for (const node of numbers) {
      await ip('link', 'del', `${name}p${node}`).catch(() => undefined);
      await ip('netns', 'del', namespaceOf(node)).catch(() => undefined);
    }
  };
  try {
    await ip('link', 'add', name, 'type', 'bridge');
    await ip('addr', 'add', `${subnet}.254/24`, 'dev', name);
    await ip('link', 'set', name, 'up');
    for (const node of numbers) await connectNode(name, namespaceOf(node), node, `${subnet}.${node}/24`);
  } catch {
    await remove();
    return undefined;
  }
  return {
    nodes: numbers.map((node) => ({
      address: `${subnet}.${node}`,
      namespace: `/run/netns/${namespaceOf(node)}`,
    })),
    /** Nothing passes between this node and the others; we reach all of them. */
    cutOff: async (node) =>
      await sendAll(
        pairs.filter((pair) => pair.includes(node)),
        () => nowhere,
      ),
    heal: async () => await sendAll(pairs, hardwareOf),
    remove,
  };
}

async function connectNode(bridge, namespace, node, address) {
  const ours = `${bridge}p${node}`;
  await ip('netns', 'add', namespace);
  await ip(
    'link',
    'add',
    ours,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'address',
    hardwareOf(node),
    'netns',
    namespace,
  );
  await ip('link', 'set', ours, 'master', bridge, 'up');
  await ip('-n', namespace, 'addr', 'add', address, 'dev', 'eth0');
  await ip('-n', namespace, 'link', 'set', 'eth0', 'up');
  await ip('-n', namespace, 'link', 'set', 'lo', 'up');
}

function hardwareOf(node) {
  return `02:00:00:00:00:${node.toString(16).padStart(2, '0')}`;
}

async function ip(...args) {
  await run('ip', args);
}
