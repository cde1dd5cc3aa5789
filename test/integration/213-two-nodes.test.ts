/** Two nodes, alone and with a witness. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { monotonicMs, waitUntil } from '../../src/system/clock.ts';
import { Ledger } from '../support/ledger.ts';
import {
  awaitNewLeader,
  awaitStreaming,
  expectNoFailover,
  killPostmaster,
  startRepmgrds,
  viewOf,
} from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const leaseSeconds = 2;
const repmgrConf = {
  failover: 'automatic',
  primary_lease_secs: String(leaseSeconds),
  witness_repl_nodes_sync_interval_secs: '600',
  log_level: 'INFO',
};

describe('two nodes', () => {
  it('without a witness fail over when PostgreSQL crashes, not when the host dies, and say so at their start', async () => {
    const sandbox = await sandboxForTest({ nodes: 2, repmgrConf });
    await startRepmgrds(sandbox);
    const log = await readFile(sandbox.node(2).repmgrdLogFile, 'utf8');
    expect(log).toContain('[WARNING] this cluster has two nodes and no witness');
    expect(log).toContain('[HINT] Add a witness on a third host: repmgr witness create');

    const ledger = new Ledger(sandbox);
    await ledger.start(1);
    await ledger.written(1, 100);
    const killedAt = monotonicMs();
    await killPostmaster(sandbox, 1);
    expect(await awaitNewLeader(sandbox, 1)).toBe(2);
    await ledger.written(2, 20);
    expect(ledger.outageMs(killedAt)).toBeLessThan(5_000);
    await awaitStreaming(sandbox, 2, [1]);
    await ledger.stop();
    expect(await ledger.missingOn(2)).toEqual([]);
    expect(ledger.turns).toEqual([1, 2]);

    await sandbox.kill(2);
    await expectNoFailover(sandbox, 4 * leaseSeconds * 1000);
    expect(await sandbox.query(1, 'SELECT pg_is_in_recovery() AS is_standby')).toEqual([
      { is_standby: true },
    ]);
  });

  it('and a witness fail over when the host of the primary dies; the witness has the metadata at once', async () => {
    const sandbox = await sandboxForTest({ nodes: 3, repmgrConf, build: 'primary' });
    const toThePrimary = ['-h', '127.0.0.1', '-p', String(sandbox.node(1).port)];
    const run = async (id: number, ...args: string[]) => {
      const result = await sandbox.repmgr(id, args);
      expect(result, args.join(' ')).toMatchObject({ exitCode: 0 });
    };
    await run(1, 'primary', 'register');
    const standby = sandbox.node(2).dataDirectory;
    await run(2, ...toThePrimary, '-U', 'repmgr', '-d', 'repmgr', 'standby', 'clone', '-D', standby, '-c');
    await sandbox.start(2);
    await run(2, 'standby', 'register', '--wait-sync=30');
    await run(3, ...toThePrimary, '-D', sandbox.node(3).dataDirectory, 'witness', 'create');
    await startRepmgrds(sandbox);

    await sandbox.kill(1);
    expect(await awaitNewLeader(sandbox, 1)).toBe(2);
    const rows = () =>
      sandbox.query(3, 'SELECT id, type, active FROM repmgr_sandbox.repl_nodes WHERE id < 3 ORDER BY id');
    const isCopied = await waitUntil(
      async () => ((await rows()).some(({ id, type }) => id === 2 && type === 'master') ? true : undefined),
      { deadlineMs: 10_000 },
    );
    expect(isCopied, JSON.stringify(await rows())).toBe(true);
    expect(await rows()).toEqual([
      { id: 1, type: 'master', active: false },
      { id: 2, type: 'master', active: true },
    ]);
    expect((await viewOf(sandbox, 3))?.leadership).toMatchObject({ role: 'follower', leader: 2 });
  });
});
