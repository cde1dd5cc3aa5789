/** Directories and disks: one that gets full, one of its own for WAL, one that is a mount point. */
import { existsSync } from 'node:fs';
import { readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { treeOf } from '../support/directory-tree.ts';
import { fillDisk, mounted } from '../support/mounted.ts';
import { startRepmgr } from '../support/running-repmgr.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { stallingProxy } from '../support/stalling-proxy.ts';

const hasPgBasebackup = existsSync('/usr/lib/postgresql/15/bin/pg_basebackup');
const methods = hasPgBasebackup ? ['protocol', 'pg_basebackup'] : ['protocol'];
const megabyte = 1024 * 1024;
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await sandboxForTest({
    nodes: 2,
    build: 'primary',
    ...(hasPgBasebackup ? { postgresVersion: 15 } : {}),
  });
  expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
});

const source = (port = sandbox.node(1).port) => ['-h', '127.0.0.1', '-p', String(port)];
const shell = (script: string, ...args: string[]) => sandbox.run('sh', ['-c', script, 'sh', ...args]);

describe.each(methods)('by %s', (method) => {
  const by = `--backup-method=${method}`;

  it('a disk that is too small is noticed before anything is done', async ({ skip }) => {
    const disk = await mounted(sandbox, 40);
    if (disk === undefined) return skip('no file system can be mounted here');
    const before = await treeOf(disk);
    const { exitCode, stderr } = await sandbox.repmgr(2, [...source(), by, '-D', disk, 'standby', 'clone']);
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toContain(`ERROR: there is not enough space for the clone in "${disk}"`);
    expect(stderr).toMatch(/^DETAIL: It needs \d+ MB .*; \d+ MB are free\.$/m);
    expect(stderr).toContain(`HINT: Make room, or clone into another directory: df -h "${disk}"`);
    expect(await treeOf(disk)).toEqual(before);
  });

  it('a disk that gets full in the middle is empty again afterwards', async ({ skip }) => {
    const disk = await mounted(sandbox, 120);
    if (disk === undefined) return skip('no file system can be mounted here');
    const before = await treeOf(disk);
    const proxy = await stallingProxy(sandbox.node(1).port, 4 * megabyte);
    const clone = startRepmgr(sandbox, 2, [...source(proxy.port), by, '-c', '-D', disk, 'standby', 'clone']);
    await Promise.race([proxy.stalled, clone.ended.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
    const filler = await fillDisk(disk);
    proxy.resume();
    const { exitCode, stderr } = await clone.ended;
    await rm(filler);
    expect(exitCode, stderr).toBe(14);
    expect(stderr).toMatch(/^DETAIL: .*(ENOSPC|No space left)/m);
    expect(stderr).toContain('HINT: Make room on this host, then clone again.');
    expect(stderr).toContain('NOTICE: replication slot "repmgr_slot_2" was dropped again');
    expect(await treeOf(disk)).toEqual(before);
    expect(await sandbox.query(1, 'SELECT FROM pg_replication_slots')).toEqual([]);
  });
});

describe('a mount point', () => {
  it('can be the data directory, and be cloned into again', async ({ skip }) => {
    const disk = await mounted(sandbox, 400);
    if (disk === undefined) return skip('no file system can be mounted here');
    for (const force of [[], ['--force']]) {
      const { exitCode, stderr } = await sandbox.repmgr(2, [
        ...[...source(), '--backup-method=protocol', '-c', '-D', disk],
        ...['standby', 'clone', ...force],
      ]);
      expect(exitCode, stderr).toBe(0);
      expect(await readdir(disk)).toContain('PG_VERSION');
    }
    await sandbox.query(1, "SELECT pg_drop_replication_slot('repmgr_slot_2')");
  });
});

describe.runIf(hasPgBasebackup)('a disk for WAL', () => {
  const walDirectory = () => join(sandbox.directory, 'wal of node2');
  beforeEach(async () => {
    await shell('rm -rf "$1" "$2"', sandbox.node(2).dataDirectory, walDirectory());
  });

  it('is named by --waldir in pg_basebackup_options, and kept when the node is cloned again', async () => {
    const option = `pg_basebackup_options='--waldir="${walDirectory()}" --max-rate=500M'`;
    await shell('echo "$2" >> "$1"', sandbox.node(2).configFile, option);
    for (const parts of [['--backup-method=pg_basebackup'], ['--backup-method=pg_basebackup', '--force']]) {
      const { exitCode, stderr } = await sandbox.repmgr(2, [...source(), '-c', ...parts, 'standby', 'clone']);
      expect(exitCode, stderr).toBe(0);
      expect(await readlink(join(sandbox.node(2).dataDirectory, 'pg_wal'))).toBe(walDirectory());
      expect((await readdir(walDirectory())).some((name) => name.startsWith('repmgr'))).toBe(false);
      await sandbox.start(2);
      await sandbox.stop(2);
    }
  });
});
