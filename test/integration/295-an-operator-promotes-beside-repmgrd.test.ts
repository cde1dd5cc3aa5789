/** `standby promote` where repmgrd runs: an election, so that two are never promoted; by force without a majority. */
import { describe, expect, it } from 'vitest';
import { Ledger } from '../support/ledger.ts';
import { awaitLeader, awaitNewLeader, awaitStreaming, startRepmgrds, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

describe('an operator promotes a standby beside its repmgrd', () => {
  it('two at once: one is elected; the last of three is promoted by force alone, and leads', async () => {
    const sandbox = await sandboxForTest({
      repmgrConf: { failover: 'automatic', rejoin: 'automatic', primary_lease_secs: '2' },
    });
    const promote = async (id: number, ...options: string[]) =>
      await sandbox.repmgr(id, ['standby', 'promote', ...options]);
    await startRepmgrds(sandbox);
    const ledger = new Ledger(sandbox);
    await ledger.start(1);
    await ledger.written(1, 50);

    await sandbox.kill(1);
    const both = await Promise.all([promote(2), promote(3)]);
    const winner = await awaitNewLeader(sandbox, 1);
    const [loser = 0] = [2, 3].filter((id) => id !== winner);

    expect(both[loser - 2]?.exitCode).toBe(1);
    expect(both[winner - 2]?.exitCode, both[winner - 2]?.stderr).toBe(0);
    expect(both[loser - 2]?.stderr).toMatch(/^ERROR: (another node was elected|another node is a primary)$/m);
    await awaitStreaming(sandbox, winner, [loser]);
    await ledger.written(winner, 20);
    await ledger.stop();
    expect(ledger.turns).toEqual([1, winner]);
    // What was on its way when the host died went with it.
    const lost = await ledger.missingOn(winner);
    expect(lost.length).toBeLessThan(5);

    await sandbox.kill(winner);
    const alone = await promote(loser);
    expect(alone.exitCode, alone.stderr).toBe(1);
    expect(alone.stderr).toContain('ERROR: the repmgrds did not elect this node');
    expect(alone.stderr).toMatch(
      /^DETAIL: Its repmgrd said: no election, since too few would vote for it: /m,
    );
    expect(alone.stderr).toMatch(/^HINT: .* standby promote --force$/m);
    const status = await sandbox.repmgr(loser, ['daemon', 'status']);
    expect(status.stderr).toMatch(
      /^WARNING: no node takes writes, and no repmgrd leads\nHINT: .*repmgr explain/m,
    );
    const forced = await promote(loser, '--force');
    expect(forced, forced.stderr).toMatchObject({ exitCode: 0 });
    await awaitLeader(sandbox, loser);
    expect((await viewOf(sandbox, loser))?.voters).toEqual([loser]);
    expect(await ledger.missingOn(loser)).toEqual(lost);
  });
});
