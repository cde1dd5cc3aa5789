/** The primary's postmaster is killed while clients write: repmgrd promotes a standby, and nothing is lost. */
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { readLockFile } from '../../src/postgres/postmaster.ts';
import { monotonicMs, waitUntil } from '../../src/system/clock.ts';
import { Ledger } from '../support/ledger.ts';
import { awaitLeader, leadersView } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

async function postmasterOf(sandbox: Sandbox, id: number): Promise<number> {
  const lockFile = await readLockFile(sandbox.node(id).dataDirectory);
  if (lockFile === undefined) throw new Error(`node ${id} has no postmaster`);
  return lockFile.pid;
}

describe.each([15, 13])('a killed postmaster on PostgreSQL %i', (postgresVersion) => {
  it('is failed over without a lost row, the others follow, and the old primary comes back as a standby', async () => {
    const sandbox = await sandboxForTest({
      nodes: 3,
      postgresVersion,
      repmgrConf: { failover: 'automatic', log_level: 'INFO' },
    });
    await Promise.all([1, 2, 3].map((id) => sandbox.startRepmgrd(id)));
    await awaitLeader(sandbox, 1);
    const ledger = new Ledger(sandbox);
    await ledger.start(1);
    await waitUntil(async () => (ledger.rows.length > 300 ? true : undefined), { deadlineMs: 20_000 });

    const killedAt = monotonicMs();
    process.kill(await postmasterOf(sandbox, 1), 'SIGKILL');
    const isOver = await waitUntil(
      async () =>
        ledger.rows.some((row) => row.node !== 1 && row.acknowledgedAt > killedAt) ? true : undefined,
      { deadlineMs: 15_000, intervalMs: 20 },
    );
    expect(isOver, await leadersView(sandbox)).toBe(true);
    const outageMs = ledger.outageMs(killedAt - 1);
    const winner = ledger.rows.findLast(({ node }) => node !== 1)?.node ?? 0;

    const streaming = await waitUntil(
      async () => {
        const status = await sandbox.status();
        const standbys = status.filter(({ upstreamNodeId }) => upstreamNodeId === winner);
        return standbys.length === 2 ? true : undefined;
      },
      { deadlineMs: 30_000, intervalMs: 100 },
    );
    expect(streaming, await leadersView(sandbox)).toBe(true);
    await ledger.stop();

    expect(await ledger.missingOn(winner)).toEqual([]);
    expect(ledger.turns).toEqual([1, winner]);
    expect(outageMs).toBeLessThan(2_000);
    const nodes = await sandbox.query(
      winner,
      'SELECT id, type, upstream_node_id, active FROM repmgr_sandbox.repl_nodes ORDER BY id',
    );
    expect(nodes).toEqual(
      [1, 2, 3].map((id) =>
        id === winner
          ? { id, type: 'master', upstream_node_id: null, active: true }
          : { id, type: 'standby', upstream_node_id: winner, active: true },
      ),
    );
    const events = await sandbox.query<{ node_id: number; event: string }>(
      winner,
      `SELECT node_id, event FROM repmgr_sandbox.repl_events WHERE event LIKE 'repmgrd%' AND successful ORDER BY 1, 2`,
    );
    const names = events.map(({ node_id, event }) => `${node_id} ${event}`);
    expect(names).toContain(`${winner} repmgrd_failover_promote`);
    expect(names).toContain('1 repmgrd_yield');
    for (const id of [1, 2, 3]) if (id !== winner) expect(names).toContain(`${id} repmgrd_failover_follow`);
  });
});
