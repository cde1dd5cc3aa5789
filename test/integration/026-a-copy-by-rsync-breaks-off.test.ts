/** A copy by rsync that ends in its middle: no half of it starts, the source is told, and it can be run again. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { treeOf } from '../support/directory-tree.ts';
import { fillDisk, mounted } from '../support/mounted.ts';
import { describeWithRsync, programsForRsync } from '../support/rsync.ts';
import { startRepmgr } from '../support/running-repmgr.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';
import { sshServerForFile, type SshServer } from '../support/ssh-server.ts';

describeWithRsync('a copy by rsync that breaks off', () => {
  let sandbox: Sandbox;
  let ssh: SshServer;
  let directory: string;

  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 2, build: 'primary', postgresqlConf: { listen_addresses: '*' } });
    directory = sandbox.node(2).dataDirectory;
    ssh = await sshServerForFile(sandbox, 1, programsForRsync);
    expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
    await sandbox.query(
      1,
      "CREATE TABLE ballast AS SELECT md5(id::text) || repeat('x', 500) AS x FROM generate_series(1, 400) AS id",
    );
  });

  afterEach(async () => {
    await sandbox.run('sh', ['-c', 'rm -rf "$1" && mkdir -m 755 "$1"', 'sh', directory]);
  });

  const args = (...further: string[]) => [
    ...[
      '-h',
      '127.0.0.1',
      '-p',
      String(sandbox.node(1).port),
      '-c',
      '-v',
      '-r',
      'standby',
      'clone',
      ...further,
    ],
  ];

  /** Starts a clone that would take minutes, and waits until it copies. */
  async function slowClone(settings: Readonly<Record<string, string>> = {}, ...further: string[]) {
    return await slowCloneInto(directory, settings, ...further);
  }

  async function slowCloneInto(
    target: string,
    changes: Readonly<Record<string, string>> = {},
    ...further: string[]
  ) {
    const settings = await withSettings(sandbox, 2, {
      ssh_options: ssh.options,
      rsync_options: '-rlp --bwlimit=200',
      ...changes,
    });
    const clone = startRepmgr(sandbox, 2, [...settings, '-D', target, ...args(...further)]);
    const isCopying = async () => {
      const workplace = (await readdir(target)).find((name) => name.startsWith('repmgr_clone_unfinished.'));
      return workplace !== undefined && (await readdir(join(target, workplace))).includes('base');
    };
    for (const endsAtMs = performance.now() + 30_000; !(await isCopying()); ) {
      if (performance.now() > endsAtMs) throw new Error(clone.stderr());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return clone;
  }

  async function copyAgain(...further: string[]): Promise<string> {
    const settings = await withSettings(sandbox, 2, { ssh_options: ssh.options });
    const { exitCode, stderr } = await sandbox.repmgr(2, [...settings, ...args(...further)]);
    expect(exitCode, stderr).toBe(0);
    expect((await readdir(directory)).filter((name) => name.startsWith('repmgr'))).toEqual([]);
    await sandbox.start(2);
    expect(await sandbox.query(2, 'SELECT count(*)::int AS rows FROM ballast')).toEqual([{ rows: 400 }]);
    await sandbox.stop(2);
    await dropSlot();
    return stderr;
  }

  const slots = async () =>
    (
      await sandbox.query<{ slot_name: string }>(1, 'SELECT slot_name FROM pg_replication_slots ORDER BY 1')
    ).map(({ slot_name }) => slot_name);
  const dropSlot = async () => {
    await sandbox.query(1, "SELECT pg_drop_replication_slot('repmgr_slot_2')");
  };

  /** Sessions of the backup, and programs that copy, end a moment after their program. */
  async function sourceIsLeftAlone(): Promise<void> {
    for (const endsAtMs = performance.now() + 10_000; ; ) {
      const sessions = await sandbox.query(
        1,
        "SELECT query FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
      );
      const programs = await sandbox.run('sh', [
        '-c',
        'ps -eo args | grep -F "$1" | grep "[r]sync" || true',
        'sh',
        directory,
      ]);
      if (sessions.length === 0 && programs.stdout === '') return;
      if (performance.now() > endsAtMs) throw new Error(JSON.stringify({ sessions, programs }));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('by Ctrl-C leaves nothing, here and on the source, and can be run again', async () => {
    const before = await treeOf(directory);
    const clone = await slowClone();
    expect(await slots()).toEqual(['repmgr_slot_2']);
    clone.signal('SIGINT');
    const { exitCode, stderr } = await clone.ended;
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toContain('ERROR: the clone was interrupted');
    expect(stderr).toContain(`NOTICE: "${directory}" is as it was before`);
    expect(await treeOf(directory)).toEqual(before);
    expect(await slots()).toEqual([]);
    await sourceIsLeftAlone();
    await copyAgain();
  });

  it('by kill -9 leaves what no server starts in, and the next clone clears it away', async () => {
    const clone = await slowClone();
    clone.signal('SIGKILL');
    await clone.ended;
    await sourceIsLeftAlone();
    expect(await readdir(directory)).toEqual([expect.stringMatching(/^repmgr_clone_unfinished\./)]);
    await expect(sandbox.start(2)).rejects.toMatchObject({ code: 'server_start_failed' });
    expect(await copyAgain()).toContain('INFO: clear away what an interrupted clone left');
  });

  it('by the end of the source server is noticed at once, though its host still sends', async () => {
    const before = await treeOf(directory);
    const clone = await slowClone();
    await sandbox.kill(1);
    const { exitCode, stderr } = await clone.ended;
    expect(exitCode, stderr).toBe(14);
    expect(stderr).toContain('ERROR: the source broke off the base backup');
    expect(stderr).toMatch(/^DETAIL: .*connection/m);
    expect(stderr).toMatch(/^HINT: Look into the log of the source server/m);
    expect(stderr).toContain('WARNING: replication slot "repmgr_slot_2" could not be dropped');
    expect(await treeOf(directory)).toEqual(before);
    await sandbox.start(1);
    expect(await copyAgain()).toContain('INFO: use replication slot "repmgr_slot_2", which is there already');
  });

  it('by a full disk gives back what it took', async ({ skip }) => {
    const disk = await mounted(sandbox, 200);
    if (disk === undefined) return skip('no file system can be mounted here');
    const before = await treeOf(disk);
    const clone = await slowCloneInto(disk);
    const filler = await fillDisk(disk);
    const { exitCode, stderr } = await clone.ended;
    await rm(filler);
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/No space left on device/);
    expect(stderr).toContain('HINT: Make room on this host, then clone again.');
    expect(await treeOf(disk)).toEqual(before);
    expect(await slots()).toEqual([]);
    await sourceIsLeftAlone();
  });

  it('by the end of SSH says so, and leaves nothing', async () => {
    const before = await treeOf(directory);
    const clone = await slowClone();
    await endSsh(clone.processId);
    const { exitCode, stderr } = await clone.ended;
    expect(exitCode, stderr).toBe(12);
    expect(stderr).toContain('ERROR: the SSH connection to host "127.0.0.1" broke off');
    expect(stderr).toMatch(/^HINT: Look whether the host and the network are well/m);
    expect(await treeOf(directory)).toEqual(before);
    expect(await slots()).toEqual([]);
  });

  /** The ssh that our rsync has started. */
  async function endSsh(repmgr: number): Promise<void> {
    const listed = await sandbox.run('ps', ['-eo', 'pid=,ppid=,comm=']);
    const processes = listed.stdout
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .map(([id, parent, name]) => ({ id: Number(id), parent: Number(parent), name }));
    const isBelow = (id: number): boolean => {
      const found = processes.find((candidate) => candidate.id === id);
      return found !== undefined && (found.parent === repmgr || isBelow(found.parent));
    };
    const ours = processes.filter(({ id, name }) => name === 'ssh' && isBelow(id));
    expect(ours).toHaveLength(1);
    for (const { id } of ours) process.kill(id);
  }

  it('for lack of WAL, where no slot could keep it, is no standby that never becomes consistent', async () => {
    await sandbox.query(1, 'ALTER SYSTEM SET max_replication_slots = 0');
    await restart();
    try {
      const before = await treeOf(directory);
      const clone = await slowClone({ use_replication_slots: '0', rsync_options: '-rlp --bwlimit=3000' });
      for (let segments = 0; segments < 3; segments += 1) {
        await sandbox.query(1, 'CREATE TABLE more (id int)');
        await sandbox.query(1, 'DROP TABLE more');
        await sandbox.query(1, 'SELECT pg_switch_wal()');
        await sandbox.query(1, 'CHECKPOINT');
      }
      const { exitCode, stderr } = await clone.ended;
      expect(exitCode, stderr).toBe(14);
      expect(stderr).toContain('WARNING: the source has no free replication slot to keep its WAL');
      expect(stderr).toContain('ERROR: the source no longer has all WAL of the time of the copy');
      expect(stderr).toMatch(/^DETAIL: The segment "[0-9A-F]{24}" is missing\.$/m);
      expect(stderr).toMatch(/^HINT: Raise max_replication_slots or wal_keep_/m);
      expect(await treeOf(directory)).toEqual(before);
    } finally {
      await sandbox.query(1, 'ALTER SYSTEM RESET max_replication_slots');
      await restart();
    }
  });

  async function restart(): Promise<void> {
    await sandbox.stop(1);
    await sandbox.start(1);
  }

  describe('in the place of a node', () => {
    it('gives the node back, file by file, and its server starts again', async () => {
      await copyOnce();
      const before = await treeOf(directory);
      const clone = await slowClone({}, '--force');
      expect(await readdir(directory)).toContain('repmgr_clone_replaced');
      await expect(sandbox.start(2)).rejects.toMatchObject({ code: 'server_start_failed' });
      clone.signal('SIGINT');
      expect((await clone.ended).exitCode).toBe(130);
      expect(await treeOf(directory)).toEqual(before);
      await copyAgain('--force');
    });

    it('keeps it aside over a kill -9, and the next clone goes on from there', async () => {
      await copyOnce();
      const clone = await slowClone({}, '--force');
      clone.signal('SIGKILL');
      await clone.ended;
      await sourceIsLeftAlone();
      expect(await readdir(join(directory, 'repmgr_clone_replaced'))).toContain('PG_VERSION');
      await copyAgain('--force');
    });

    async function copyOnce(): Promise<void> {
      const settings = await withSettings(sandbox, 2, { ssh_options: ssh.options });
      const { exitCode, stderr } = await sandbox.repmgr(2, [...settings, ...args()]);
      expect(exitCode, stderr).toBe(0);
    }
  });
});
