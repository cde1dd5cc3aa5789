/** What the repmgrds of a sandbox say of themselves, and waiting for it. */
import type { ApiView } from '../../src/api/view.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';

/** @returns undefined where it does not answer */
export async function viewOf(sandbox: Sandbox, id: number): Promise<ApiView | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${sandbox.node(id).apiPort}/cluster`, {
      signal: AbortSignal.timeout(1_000),
    });
    return (await response.json()) as ApiView;
  } catch {
    return undefined;
  }
}

/** Waits until the node leads as a writable primary, and all other repmgrds that answer know it. */
export async function awaitLeader(sandbox: Sandbox, id: number, deadlineMs = 20_000): Promise<void> {
  const found = await waitUntil(
    async () => {
      const views = await Promise.all(sandbox.nodes.map(async (node) => await viewOf(sandbox, node.id)));
      const answered = views.filter((view) => view !== undefined);
      const own = answered.find(({ node }) => node === id);
      const isServing = own?.leadership.role === 'leader' && own.leadership.stage === 'serving';
      return isServing && answered.every(({ leadership }) => leadership.leader === id) ? true : undefined;
    },
    { deadlineMs, intervalMs: 50 },
  );
  if (found === undefined) throw new Error(`node ${id} does not lead:\n${await leadersView(sandbox)}`);
}

/** For messages of tests that fail. */
export async function leadersView(sandbox: Sandbox): Promise<string> {
  const lines = await Promise.all(
    sandbox.nodes.map(async ({ id }) => {
      const view = await viewOf(sandbox, id);
      if (view === undefined) return `node ${id}: its repmgrd does not answer`;
      const { leadership, server, sickSigns } = view;
      return `node ${id}: ${JSON.stringify({ ...leadership, ...server, sickSigns })}`;
    }),
  );
  return lines.join('\n');
}
