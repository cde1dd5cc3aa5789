/** failover=manual, priority 0, and commands of the user's: repmgr 3's two classic lines among them. */
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../src/system/clock.ts';
import { Ledger } from '../support/ledger.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import {
  awaitLeader,
  awaitNewLeader,
  awaitStreaming,
  expectNoFailover,
  killPostmaster,
  leadersView,
  startRepmgrds,
} from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

type Settings = Readonly<Record<string, string>>;

/** Each repmgrd with further settings of its own. */
async function startWith(sandbox: Sandbox, settingsOf: (id: number) => Settings): Promise<void> {
  await Promise.all(
    sandbox.nodes.map(async ({ id }) => {
      await sandbox.startRepmgrd(id, { args: await withSettings(sandbox, id, settingsOf(id)) });
    }),
  );
  await awaitLeader(sandbox, 1);
}

const base = { primary_lease_secs: '3', log_level: 'INFO' };

describe('repmgr.conf', () => {
  it('with failover=manual leaves promotions to an operator', async () => {
    const sandbox = await sandboxForTest({ nodes: 2, repmgrConf: { ...base, failover: 'manual' } });
    await startRepmgrds(sandbox);
    await sandbox.kill(1);
    await expectNoFailover(sandbox, 6_000);
    expect(await sandbox.query(2, 'SELECT pg_is_in_recovery() AS is_standby')).toEqual([
      { is_standby: true },
    ]);
  });

  it('with priority=0 keeps a node from ever being promoted', async () => {
    const sandbox = await sandboxForTest({ nodes: 3, repmgrConf: { ...base, failover: 'automatic' } });
    await startWith(sandbox, (id): Settings => (id === 2 ? { priority: '0' } : {}));
    await killPostmaster(sandbox, 1);
    expect(await awaitNewLeader(sandbox, 1)).toBe(3);
    await awaitStreaming(sandbox, 3, [1, 2]);
  });

  it("runs the user's commands, repmgr 3's classic lines too, and leaves events to repmgrd", async () => {
    const sandbox = await sandboxForTest({ nodes: 3, repmgrConf: { ...base, failover: 'automatic' } });
    const marks = `${sandbox.directory}/home/marks`;
    await startWith(sandbox, (id) => {
      const program = `${process.execPath} ${sandbox.directory}/program/repmgr.js`;
      const repmgr = `${program} -f ${sandbox.node(id).configFile}`;
      return {
        promote_command: `${repmgr} standby promote && echo promoted ${id} >> ${marks}`,
        follow_command: `${repmgr} standby follow -W && echo followed %n >> ${marks}`,
      };
    });
    const ledger = new Ledger(sandbox);
    await ledger.start(1);
    await ledger.written(1, 50);
    await killPostmaster(sandbox, 1);
    const winner = await awaitNewLeader(sandbox, 1, 60_000);
    const standbys = [1, 2, 3].filter((id) => id !== winner);
    await awaitStreaming(sandbox, winner, standbys, 60_000);
    await ledger.written(winner, 10);
    await ledger.stop();
    expect(await ledger.missingOn(winner)).toEqual([]);

    const lines = async () => (await sandbox.run('cat', [marks])).stdout.trim().split('\n').toSorted();
    const expected = [`followed ${winner}`, `followed ${winner}`, `promoted ${winner}`];
    await waitUntil(async () => ((await lines()).length === 3 ? true : undefined), { deadlineMs: 20_000 });
    expect(await lines(), await leadersView(sandbox)).toEqual(expected);
    const sql = `SELECT event FROM repmgr_sandbox.repl_events WHERE event LIKE '%promote' AND node_id = ${winner}`;
    const events = async () => await sandbox.query(winner, sql);
    await expect.poll(events, { timeout: 20_000 }).toEqual([{ event: 'repmgrd_failover_promote' }]);
  });
});
