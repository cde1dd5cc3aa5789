/** The primary's postmaster is killed while clients write: repmgrd promotes a standby, and nothing is lost. */
import { describe, expect, it } from 'vitest';
import { monotonicMs } from '../../src/system/clock.ts';
import { Ledger } from '../support/ledger.ts';
import { awaitNewLeader, awaitStreaming, killPostmaster, startRepmgrds } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

describe.each([15, 13])('a killed postmaster on PostgreSQL %i', (postgresVersion) => {
  it('is failed over without a lost row, the others follow, and the old primary comes back as a standby', async () => {
    const sandbox = await sandboxForTest({
      nodes: 3,
      postgresVersion,
      repmgrConf: { failover: 'automatic', log_level: 'INFO' },
    });
    await startRepmgrds(sandbox);
    const ledger = new Ledger(sandbox);
    await ledger.start(1);
    await ledger.written(1, 300);

    const killedAt = monotonicMs();
    await killPostmaster(sandbox, 1);
    const winner = await awaitNewLeader(sandbox, 1);
    await ledger.written(winner, 1);
    const outageMs = ledger.outageMs(killedAt);
    const standbys = [1, 2, 3].filter((id) => id !== winner);
    await awaitStreaming(sandbox, winner, standbys);
    await ledger.stop();

    expect(await ledger.missingOn(winner)).toEqual([]);
    expect(ledger.turns).toEqual([1, winner]);
    // Nobody waited for the lease, which is 5 s.
    expect(outageMs).toBeLessThan(5_000);
    // Metadata and events are written behind the failover, which waits for neither.
    const patience = { timeout: 20_000, interval: 100 };
    const sql = 'SELECT id, type, upstream_node_id, active FROM repmgr_sandbox.repl_nodes ORDER BY id';
    await expect
      .poll(async () => await sandbox.query(winner, sql), patience)
      .toEqual(
        [1, 2, 3].map((id) =>
          id === winner
            ? { id, type: 'master', upstream_node_id: null, active: true }
            : { id, type: 'standby', upstream_node_id: winner, active: true },
        ),
      );
    const events = async () => {
      const found = await sandbox.query<{ node_id: number; event: string }>(
        winner,
        `SELECT node_id, event FROM repmgr_sandbox.repl_events WHERE event LIKE 'repmgrd%' AND successful`,
      );
      return found.map(({ node_id, event }) => `${node_id} ${event}`);
    };
    const followed = standbys.map((id) => `${id} repmgrd_failover_follow`);
    const expected = [`${winner} repmgrd_failover_promote`, '1 repmgrd_yield', ...followed];
    await expect.poll(events, patience).toEqual(expect.arrayContaining(expected));
  });
});
