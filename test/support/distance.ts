/**
 * Nodes of a sandbox that are far away from each other, though the kernel may have nothing that delays packets: each gets
 * a relay in a network namespace of its own, which the others find at the node's address from then on.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Sandbox, SandboxNode } from '../../src/sandbox/index.ts';
import type { NodeNetworks } from './node-networks.ts';

const program = fileURLToPath(new URL('delaying-relay.mjs', import.meta.url));

/** Before the repmgrds start: a relay reaches them by a second address of their node. */
export async function listenEverywhere({ nodes }: Sandbox): Promise<void> {
  await Promise.all(
    nodes.map(async ({ configFile, host, apiPort }) => {
      const text = await readFile(configFile, 'utf8');
      const lines = `api_listen='0.0.0.0:${apiPort}'\napi_advertise='${host}:${apiPort}'`;
      await writeFile(configFile, text.replace(/^api_listen=.*$/m, lines));
    }),
  );
}

/**
 * From now on, and until the test is over, what one node sends to another arrives so much later. Connections that are
 * open between nodes break once; a WAL receiver might only notice when it has something to say.
 */
export async function keepDistance(
  sandbox: Sandbox,
  { attachRelay, relayed, heal }: NodeNetworks,
  delayMs: number,
): Promise<void> {
  onTestFinished(heal);
  await Promise.all(
    sandbox.nodes.map(async (node) => await startRelay(node, await attachRelay(node.id), delayMs)),
  );
  await relayed();
  await Promise.all(
    sandbox.nodes.map(
      async ({ id }) => await sandbox.query(id, 'SELECT pg_terminate_backend(pid) FROM pg_stat_wal_receiver'),
    ),
  );
}

async function startRelay(
  { host, port, apiPort }: SandboxNode,
  { namespace, ownAddress, targetAddress }: Awaited<ReturnType<NodeNetworks['attachRelay']>>,
  delayMs: number,
): Promise<void> {
  const words = [delayMs, ownAddress, host, targetAddress, port, apiPort].map(String);
  const args = [`--net=${namespace}`, '--', process.execPath, program, ...words];
  const relay = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    if (relay.exitCode !== null || relay.signalCode !== null) return;
    relay.kill('SIGKILL');
    await once(relay, 'exit');
  });
  await Promise.race([
    once(relay.stdout, 'data'),
    once(relay, 'exit').then(() => {
      throw new Error('the relay does not start');
    }),
  ]);
}
