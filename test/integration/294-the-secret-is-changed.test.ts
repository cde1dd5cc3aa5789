/** The secret that repmgrds sign with is changed while they run: none ever refuses another one, and failover goes on. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { awaitLeader, awaitNewLeader, awaitStreaming, killPostmaster, viewOf } from '../support/repmgrds.ts';
import { sandboxWithServerlessWitness } from '../support/serverless-witness.ts';

describe('the secret of a cluster with a primary, a standby, and a witness without PostgreSQL', () => {
  let sandbox: Sandbox;
  const before: string[] = [];
  beforeAll(async () => {
    sandbox = await sandboxWithServerlessWitness({
      failover: 'automatic',
      primary_lease_secs: '2',
      monitor_interval_secs: '1',
      // What a witness hears of a new secret must not wait for it.
      witness_repl_nodes_sync_interval_secs: '3600',
      log_level: 'INFO',
    });
    await Promise.all([sandbox.startRepmgrd(1), sandbox.startRepmgrd(2)]);
    await awaitLeader(sandbox, 1);
    const { stdout: token } = await sandbox.repmgr(1, ['witness', 'invite']);
    const joined = await sandbox.repmgr(3, ['witness', 'join'], { input: token });
    expect(joined).toMatchObject({ exitCode: 0 });
  });

  const secretOn = async (id: number): Promise<string> => {
    const [row] = await sandbox.query(id, 'SELECT * FROM repmgr_sandbox.repmgr_cluster');
    expect(row).toMatchObject({ next_secret: null, former_secret: null });
    return String(row?.['secret']);
  };
  const secretsKept = async (id: number): Promise<readonly string[]> => {
    const path = join(sandbox.directory, 'state', `sandbox-${id}.json`);
    return JSON.parse(await readFile(path, 'utf8')).facts.secrets;
  };
  const logs = async (): Promise<string> =>
    (await Promise.all([1, 2, 3].map((id) => readFile(sandbox.node(id).repmgrdLogFile, 'utf8')))).join('');
  const awaitKept = async (id: number, secret: string): Promise<void> => {
    const kept = await waitUntil(async () => ((await secretsKept(id)).join() === secret ? true : undefined), {
      deadlineMs: 20_000,
      intervalMs: 50,
    });
    expect(kept, `node ${id} has ${(await secretsKept(id)).length} secrets`).toBe(true);
  };
  const expectNowhere = async (texts: readonly string[], written: readonly string[]): Promise<void> => {
    const events = JSON.stringify(await sandbox.query(2, 'SELECT * FROM repmgr_sandbox.repl_events'));
    const server = await readFile(sandbox.node(1).logFile, 'utf8');
    for (const secret of texts)
      for (const text of [...written, events, server, await logs()]) expect(text).not.toContain(secret);
  };

  it('stays as it is while a repmgrd cannot be told of a new one, which is said', async () => {
    before.push(await secretOn(1));
    const refused = await sandbox.repmgr(1, ['cluster', 'rotate-secret']);
    expect(refused).toMatchObject({ exitCode: 6, stdout: '' });
    expect(refused.stderr).toMatch(
      /ERROR: not every repmgrd can be told of a new secret: 1 do not answer\nDETAIL: "node3" \(ID: 3\): .*connection refused\. Nothing was changed\.\nHINT: Start them/,
    );
    const forced = await sandbox.repmgr(1, ['cluster', 'rotate-secret', '--force', '--dry-run', '--json']);
    expect(forced.stderr).toContain('witness "node3" (ID: 3) has to join again: "repmgr witness invite"');
    expect(JSON.parse(forced.stdout).steps).toHaveLength(6);
    expect(await secretOn(1)).toBe(before[0]);
  });

  it('is changed, and no message is refused before, during and after it', async () => {
    await sandbox.startRepmgrd(3);
    await awaitLeader(sandbox, 1);
    const changed = await sandbox.repmgr(2, ['cluster', 'rotate-secret', '--json']);
    expect(changed).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(changed.stdout)).toEqual({
      nodes: [1, 2, 3].map((id) => ({ id, name: `node${id}`, has_new_secret: true })),
    });
    const secret = await secretOn(1);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(secret).not.toBe(before[0]);
    await Promise.all([1, 2, 3].map((id) => awaitKept(id, secret)));
    expect(await logs()).not.toMatch(/signature|another secret|knows no/);
    await expectNowhere([secret, before[0] ?? ''], [changed.stdout, changed.stderr]);
    const events = await sandbox.repmgr(2, ['cluster', 'event', '--event=cluster_rotate_secret', '--csv']);
    expect(events.stdout).toContain('3 of 3 repmgrds have the new secret');
    before.push(secret);
  });

  it('is what the votes of a failover right after it are signed with', async () => {
    await killPostmaster(sandbox, 1);
    expect(await awaitNewLeader(sandbox, 1)).toBe(2);
    await awaitStreaming(sandbox, 2, [1]);
    expect(await logs()).not.toMatch(/signature|another secret/);
  });

  it('is found by a repmgrd that was away meanwhile, also where its own server is down', async () => {
    await sandbox.stopRepmgrd(1);
    await sandbox.stop(1);
    const changed = await sandbox.repmgr(2, ['cluster', 'rotate-secret', '--force']);
    expect(changed, changed.stderr).toMatchObject({ exitCode: 0, stdout: '' });
    const secret = await secretOn(2);
    expect(await secretsKept(1)).toEqual([before[1]]);
    await sandbox.startRepmgrd(1);
    await awaitKept(1, secret);
    await awaitLeader(sandbox, 2);
  });

  it('is changed to its end by the same command where an earlier one was broken off', async () => {
    await sandbox.stopRepmgrd(3);
    await sandbox.query(
      2,
      `UPDATE repmgr_sandbox.repmgr_cluster
          SET next_secret = 'the next one', secret_version = (extract(epoch FROM clock_timestamp()) * 1000)::bigint`,
    );
    const steps = await sandbox.repmgr(2, ['cluster', 'rotate-secret', '--force', '--dry-run']);
    expect(steps.stdout).toMatch(/^sign with the new secret.*\nwait .*\nend the former secret\nwait .*\n$/);
    const ended = await sandbox.repmgr(2, ['cluster', 'rotate-secret', '--force']);
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    expect(await secretOn(2)).toBe('the next one');
    // A witness without PostgreSQL that lets nobody in has to join again; this one may ask the servers of the others.
    await sandbox.startRepmgrd(3);
    await Promise.all([1, 2, 3].map((id) => awaitKept(id, 'the next one')));
    expect((await viewOf(sandbox, 2))?.sickSigns.join()).not.toContain('secret');
  });
});
