/** What the repmgrds of a sandbox say of themselves, and waiting for it. */
import { readFile } from 'node:fs/promises';
import type { ApiView } from '../../src/api/view.ts';
import { findPostmaster } from '../../src/postgres/postmaster.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';

/** @returns undefined where it does not answer */
export async function viewOf(sandbox: Sandbox, id: number): Promise<ApiView | undefined> {
  try {
    const response = await fetch(`http://${sandbox.node(id).host}:${sandbox.node(id).apiPort}/cluster`, {
      signal: AbortSignal.timeout(1_000),
    });
    return (await response.json()) as ApiView;
  } catch {
    return undefined;
  }
}

/** Starts the repmgrd of each node, and waits until node 1 leads. */
export async function startRepmgrds(sandbox: Sandbox): Promise<void> {
  await Promise.all(sandbox.nodes.map(async ({ id }) => await sandbox.startRepmgrd(id)));
  await awaitLeader(sandbox, 1);
}

/** Waits until another node than `former` leads as a writable primary. @returns its id */
export async function awaitNewLeader(sandbox: Sandbox, former: number, deadlineMs = 30_000): Promise<number> {
  const found = await waitUntil(
    async () => {
      const views = await Promise.all(sandbox.nodes.map(async (node) => await viewOf(sandbox, node.id)));
      const leading = views.find(
        (view) =>
          view?.leadership.role === 'leader' && view.leadership.stage === 'serving' && view.node !== former,
      );
      return leading?.node;
    },
    { deadlineMs, intervalMs: 50 },
  );
  if (found === undefined)
    throw new Error(`nobody took over from node ${former}:\n${await leadersView(sandbox)}`);
  return found;
}

/** Waits until these nodes stream from the primary. */
export async function awaitStreaming(
  sandbox: Sandbox,
  primary: number,
  standbys: readonly number[],
  deadlineMs = 30_000,
): Promise<void> {
  const found = await waitUntil(
    async () => {
      const status = await sandbox.status();
      const streams = (id: number) => status.find((it) => it.id === id)?.upstreamNodeId === primary;
      return standbys.every(streams) ? true : undefined;
    },
    { deadlineMs, intervalMs: 100 },
  );
  if (found === undefined) {
    const status = (await sandbox.status()).map(({ name, role }) => `${name}: ${role}`).join('\n');
    throw new Error(`not all stream from node ${primary}:\n${status}\n${await leadersView(sandbox)}`);
  }
}

/** SIGKILL to the postmaster alone: its children notice that by themselves. */
export async function killPostmaster(sandbox: Sandbox, id: number): Promise<void> {
  const postmaster = await findPostmaster(sandbox.node(id).dataDirectory);
  if (postmaster === undefined) throw new Error(`node ${id} has no postmaster`);
  process.kill(postmaster.pid, 'SIGKILL');
}

/** For whom nothing may happen: looks at the leader's term and at who leads for so long. */
export async function expectNoFailover(sandbox: Sandbox, forMs: number): Promise<void> {
  const leaderOf = async () =>
    (await Promise.all(sandbox.nodes.map(async ({ id }) => await viewOf(sandbox, id)))).flatMap((view) =>
      view === undefined ? [] : [`${view.leadership.leader} in term ${view.leadership.term}`],
    );
  const before = new Set(await leaderOf());
  const changed = await waitUntil(async () => (await leaderOf()).find((leader) => !before.has(leader)), {
    deadlineMs: forMs,
    intervalMs: 200,
  });
  if (changed !== undefined)
    throw new Error(`there was a failover: node ${changed} leads\n${await leadersView(sandbox)}`);
}

/** Waits until the node leads as a writable primary, and all other repmgrds that answer know it, and are known to it. */
export async function awaitLeader(sandbox: Sandbox, id: number, deadlineMs = 20_000): Promise<void> {
  const found = await waitUntil(
    async () => {
      const views = await Promise.all(sandbox.nodes.map(async (node) => await viewOf(sandbox, node.id)));
      const answered = views.filter((view) => view !== undefined);
      const own = answered.find(({ node }) => node === id);
      const isServing = own?.leadership.role === 'leader' && own.leadership.stage === 'serving';
      // A leader yields only to a standby that it has heard of.
      const hasHeard = (node: number) => own?.nodes.find((it) => it.id === node)?.health !== null;
      const isKnown = answered.every(
        ({ node, leadership }) => leadership.leader === id && (node === id || hasHeard(node)),
      );
      return isServing && isKnown ? true : undefined;
    },
    { deadlineMs, intervalMs: 50 },
  );
  if (found === undefined) throw new Error(`node ${id} does not lead:\n${await leadersView(sandbox)}`);
}

/** For messages of tests that fail: what each says of itself, and the last lines of its log. */
export async function leadersView(sandbox: Sandbox): Promise<string> {
  const parts = await Promise.all(
    sandbox.nodes.map(async ({ id, repmgrdLogFile }) => {
      const view = await viewOf(sandbox, id);
      const said =
        view === undefined
          ? 'its repmgrd does not answer'
          : JSON.stringify({ ...view.leadership, ...view.server, sickSigns: view.sickSigns });
      const log = await readFile(repmgrdLogFile, 'utf8').catch(() => '');
      const lines = log.split('\n').filter((line) => !line.includes('[DETAIL]'));
      return [`node ${id}: ${said}`, ...lines.slice(-25)].join('\n');
    }),
  );
  return parts.join('\n\n');
}
