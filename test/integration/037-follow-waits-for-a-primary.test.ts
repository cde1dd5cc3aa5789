/** `standby follow -W`: nothing is changed until there is a primary. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { interruptRepmgr } from '../support/interrupted.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

describe('standby follow that waits', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 3 });
    await sandbox.kill(1);
  });
  const conninfo = async () =>
    sandbox.query(3, `SELECT current_setting('primary_conninfo') ~ 'port=${sandbox.node(1).port}' AS is_old`);
  const timed = async (...args: readonly string[]) => {
    const startedAtMs = performance.now();
    const result = await sandbox.repmgr(3, [...args, 'standby', 'follow']);
    return { ...result, waitedMs: performance.now() - startedAtMs };
  };

  it('gives up after the time that it is given', async () => {
    const plain = await timed();
    expect(plain).toMatchObject({ exitCode: 1 });
    const inSeconds = await timed('--wait=2');
    expect(inSeconds).toMatchObject({ exitCode: 1 });
    expect(inSeconds.waitedMs).toBeGreaterThan(2_000);
    expect(inSeconds.waitedMs).toBeLessThan(6_000);
    expect(inSeconds.stderr).toMatch(
      /^NOTICE: waiting for a primary: no primary of cluster "sandbox" was found\nDETAIL: .*\nERROR: no primary of cluster "sandbox" was found\n/,
    );
    const file = await withSettings(sandbox, 3, { primary_follow_timeout: '1s' });
    const byFile = await timed(...file, '-W');
    expect(byFile).toMatchObject({ exitCode: 1 });
    expect(byFile.waitedMs).toBeGreaterThan(1_000);
    expect((await timed('-W', '--no-wait')).waitedMs).toBeLessThan(plain.waitedMs + 1_000);
  });

  it('ends on Ctrl-C with 130, and says that nothing was changed', async () => {
    const interrupted = await interruptRepmgr(
      sandbox,
      3,
      ['standby', 'follow', '-W'],
      /waiting for a primary/,
    );
    expect(interrupted.exitCode).toBe(130);
    expect(interrupted.stderr).toMatch(
      /ERROR: the wait for a primary was interrupted\nDETAIL: Nothing was changed\.\n/,
    );
    expect(await conninfo()).toEqual([{ is_old: true }]);
  });

  it('follows a node that is promoted meanwhile', async () => {
    const following = sandbox.repmgr(3, ['standby', 'follow', '-W']);
    const promoted = await sandbox.repmgr(2, ['standby', 'promote']);
    expect(promoted).toMatchObject({ exitCode: 0 });
    expect(await following).toMatchObject({ exitCode: 0 });
    expect(await conninfo()).toEqual([{ is_old: false }]);
    // A promotion drops the slots of nodes that do not follow it, but not the one that was just made.
    expect(await sandbox.query(2, 'SELECT slot_name::text, active FROM pg_replication_slots')).toEqual([
      { slot_name: 'repmgr_slot_3', active: true },
    ]);
  });

  it('waits for a server that is named, too', async () => {
    await sandbox.stop(2);
    const { port } = sandbox.node(2);
    const named = ['-h', '127.0.0.1', '-p', String(port), '-D', sandbox.node(3).dataDirectory];
    const following = sandbox.repmgr(3, [...named, '-W', 'standby', 'follow']);
    await sandbox.start(2);
    const followed = await following;
    expect(followed).toMatchObject({ exitCode: 0 });
  });
});
