/** A copy that ends in its middle: nothing is left of it, or what is left cannot be mistaken for a server. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { treeOf } from '../support/directory-tree.ts';
import { startRepmgr } from '../support/running-repmgr.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { stallingProxy } from '../support/stalling-proxy.ts';

const hasPgBasebackup = existsSync('/usr/lib/postgresql/15/bin/pg_basebackup');
const methods = hasPgBasebackup ? ['protocol', 'pg_basebackup'] : ['protocol'];
/** Far less than an empty server has to send, and far more than any question takes. */
const passedBytes = 4 * 1024 * 1024;
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await sandboxForTest({
    nodes: 2,
    build: 'primary',
    ...(hasPgBasebackup ? { postgresVersion: 15 } : {}),
  });
  expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
  await sandbox.query(
    1,
    "CREATE TABLE ballast AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 30000)",
  );
});

/** Starts a clone, and waits until it hangs in the middle of its copy. */
async function stalledClone(method: string, ...args: string[]) {
  const proxy = await stallingProxy(sandbox.node(1).port, passedBytes);
  const clone = startRepmgr(sandbox, 2, [
    ...['-h', '127.0.0.1', '-p', String(proxy.port), `--backup-method=${method}`, '-c'],
    ...['standby', 'clone', ...args],
  ]);
  await Promise.race([proxy.stalled, clone.ended.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  return { proxy, clone };
}

const slots = () => sandbox.query(1, 'SELECT slot_name FROM pg_replication_slots');

describe.each(methods)('a first clone by %s', (method) => {
  let directory: string;
  beforeEach(async () => {
    directory = sandbox.node(2).dataDirectory;
    await sandbox.run('sh', ['-c', 'rm -rf "$1" && mkdir -m 755 "$1"', 'sh', directory]);
  });

  it('leaves an empty directory and no slot after Ctrl-C, says so, and ends with 130', async () => {
    const before = await treeOf(directory);
    const { clone } = await stalledClone(method);
    expect(await slots()).toEqual([{ slot_name: 'repmgr_slot_2' }]);
    clone.signal('SIGINT');
    const { exitCode, stderr } = await clone.ended;
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toContain('NOTICE: replication slot "repmgr_slot_2" was dropped again');
    expect(stderr).toContain(`NOTICE: "${directory}" is as it was before`);
    expect(stderr).toContain('ERROR: the clone was interrupted');
    expect(stderr).toContain('DETAIL: It was about to copy the data directory');
    expect(stderr).toContain('HINT: The same command can be run again.');
    expect(await treeOf(directory)).toEqual(before);
    expect(await slots()).toEqual([]);
  });

  it('leaves the same after the network broke, and tells that the copy failed', async () => {
    const before = await treeOf(directory);
    const { proxy, clone } = await stalledClone(method);
    await proxy.breakOff();
    const { exitCode, stderr } = await clone.ended;
    expect(exitCode, stderr).toBe(14);
    expect(stderr).toMatch(
      /^ERROR: (the source broke off the base backup|pg_basebackup failed with exit code 1)$/m,
    );
    expect(stderr).toMatch(/^DETAIL: /m);
    expect(stderr).toMatch(/^HINT: Look into the log of the source server/m);
    expect(await treeOf(directory)).toEqual(before);
    // The way to the source is gone, so the slot cannot be dropped: it is named, with what to do.
    expect(stderr).toContain('WARNING: replication slot "repmgr_slot_2" could not be dropped');
    expect(stderr).toContain("SELECT pg_drop_replication_slot('repmgr_slot_2');");
    expect(await slots()).toEqual([{ slot_name: 'repmgr_slot_2' }]);
    await sandbox.query(1, "SELECT pg_drop_replication_slot('repmgr_slot_2')");
  });

  it('leaves what no server starts in after kill -9, and the next clone clears it away by itself', async () => {
    const { clone } = await stalledClone(method);
    clone.signal('SIGKILL');
    await clone.ended;
    expect(await readdir(directory)).toEqual([expect.stringMatching(/^repmgr_clone_unfinished\./)]);
    await expect(sandbox.start(2)).rejects.toMatchObject({ code: 'server_start_failed' });
    const { exitCode, stderr } = await sandbox.repmgr(2, [
      ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), `--backup-method=${method}`, '-c', '-v'],
      ...['standby', 'clone'],
    ]);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('INFO: clear away what an interrupted clone left');
    expect(stderr).toContain('INFO: use replication slot "repmgr_slot_2", which is there already');
    expect((await readdir(directory)).filter((name) => name.startsWith('repmgr'))).toEqual([]);
    await sandbox.start(2);
    expect(await sandbox.query(2, 'SELECT count(*)::int AS rows FROM ballast')).toEqual([{ rows: 30_000 }]);
    await sandbox.stop(2);
    await sandbox.query(1, "SELECT pg_drop_replication_slot('repmgr_slot_2')");
  });

  it('keeps a second one out while it runs', async () => {
    const { clone } = await stalledClone(method);
    const { exitCode, stderr } = await sandbox.repmgr(2, [
      ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '--backup-method=protocol', '--force'],
      ...['standby', 'clone'],
    ]);
    clone.signal('SIGINT');
    await clone.ended;
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toContain(`ERROR: another clone is being made in the data directory "${directory}"`);
  });
});

describe('a clone that replaces a node', () => {
  let directory: string;
  let before: readonly string[] | undefined;
  beforeEach(async () => {
    directory = sandbox.node(2).dataDirectory;
    await sandbox.run('rm', ['-rf', directory]);
    const { exitCode, stderr } = await sandbox.repmgr(2, [
      ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '--backup-method=protocol', '-c'],
      ...['standby', 'clone'],
    ]);
    expect(exitCode, stderr).toBe(0);
    before = await treeOf(directory);
  });

  it.each(methods)('by %s gives everything back after Ctrl-C', async (method) => {
    const { clone } = await stalledClone(method, '--force');
    expect(await readdir(directory)).toContain('repmgr_clone_replaced');
    await expect(sandbox.start(2)).rejects.toMatchObject({ code: 'server_start_failed' });
    clone.signal('SIGINT');
    const { exitCode, stderr } = await clone.ended;
    expect(exitCode, stderr).toBe(130);
    expect(await treeOf(directory)).toEqual(before);
    // It was there before this clone, so it stays.
    expect(await slots()).toEqual([{ slot_name: 'repmgr_slot_2' }]);
  });

  it('keeps what it replaces aside over a kill -9, and the next clone goes on from there', async () => {
    const { clone } = await stalledClone('protocol', '--force');
    clone.signal('SIGKILL');
    await clone.ended;
    const again = (...args: string[]) =>
      sandbox.repmgr(2, [
        ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '--backup-method=protocol', '-c'],
        ...['standby', 'clone', ...args],
      ]);
    const refused = await again();
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('DETAIL: A clone with --force was interrupted in it');
    expect(await readdir(join(directory, 'repmgr_clone_replaced'))).toContain('PG_VERSION');

    const done = await again('--force');
    expect(done.exitCode, done.stderr).toBe(0);
    expect((await readdir(directory)).filter((name) => name.startsWith('repmgr'))).toEqual([]);
    await sandbox.start(2);
    await sandbox.stop(2);
  });

  it('gives everything back when the source dies', async () => {
    const { proxy, clone } = await stalledClone('protocol', '--force');
    await sandbox.kill(1);
    proxy.resume();
    const { exitCode, stderr } = await clone.ended;
    expect(exitCode, stderr).toBe(14);
    expect(stderr).toContain('ERROR: the source broke off the base backup');
    expect(stderr).toMatch(/^DETAIL: .*connection/m);
    expect(await treeOf(directory)).toEqual(before);
    await sandbox.start(1);
  });
});
