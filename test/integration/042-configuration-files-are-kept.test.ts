/** standby archive-config and restore-config, which scripts of repmgr 3 call around pg_rewind. */
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile } from '../support/sandbox-files.ts';

let sandbox: Sandbox;
let dataDirectory: string;
let archive: string;

beforeAll(async () => {
  sandbox = await sandboxForTest({ nodes: 1 });
  ({ dataDirectory } = sandbox.node(1));
  archive = join(sandbox.directory, 'kept files');
  await sandbox.run('mkdir', ['-p', join(dataDirectory, 'conf.d')]);
  await putFile(sandbox, 'node1/conf.d/memory.conf', "work_mem = '5MB'\n");
  await sandbox.run('sh', ['-c', `echo "include_dir 'conf.d'" >> "$1/postgresql.conf"`, 'sh', dataDirectory]);
});

const repmgr = async (verb: string, ...args: string[]) =>
  await sandbox.repmgr(1, [`--config-archive-dir=${archive}`, ...args, 'standby', verb]);
const files = [
  'conf.d/memory.conf',
  'pg_hba.conf',
  'pg_ident.conf',
  'postgresql.auto.conf',
  'postgresql.conf',
];
const read = async (directory: string) =>
  Object.fromEntries(
    await Promise.all(files.map(async (name) => [name, await readFile(join(directory, name), 'utf8')])),
  );

it('the files come back as they were, at their own places, and the archive is gone', async () => {
  const before = await read(dataDirectory);
  const { stdout } = await repmgr('archive-config', '--dry-run');
  expect(stdout.trim().split('\n')).toHaveLength(files.length);
  expect(await readdir(sandbox.directory)).not.toContain('kept files');

  const archived = await repmgr('archive-config');
  expect(archived.exitCode, archived.stderr).toBe(0);
  expect(archived.stderr).toMatch(/^NOTICE: 5 configuration files copied to ".*kept files"\nDETAIL: /);
  expect(await read(archive)).toEqual(before);
  expect((await stat(archive)).mode & 0o777).toBe(0o700);
  expect((await stat(join(archive, 'pg_hba.conf'))).mode & 0o777).toBe(0o600);
  // A second time the newer ones count.
  expect(await repmgr('archive-config')).toMatchObject({ exitCode: 0 });

  for (const name of files) await writeFile(join(dataDirectory, name), 'of the other server\n');
  const restored = await repmgr('restore-config', '-D', dataDirectory);
  expect(restored.exitCode, restored.stderr).toBe(0);
  expect(restored.stderr).toMatch(/^NOTICE: 5 configuration files copied back to ".*"\nDETAIL: /);
  expect(await read(dataDirectory)).toEqual(before);
  expect(await readdir(sandbox.directory)).not.toContain('kept files');
});

it('nothing is lost where something cannot be written', async () => {
  await repmgr('archive-config');
  await chmod(dataDirectory, 0o500);
  const failed = await repmgr('restore-config', '-D', dataDirectory);
  await chmod(dataDirectory, 0o700);
  expect(failed).toMatchObject({ exitCode: 1 });
  expect(failed.stderr).toMatch(
    /^ERROR: configuration files cannot be kept in.*\nDETAIL: EACCES.*\nHINT: Look/,
  );
  expect(Object.keys(await read(archive))).toEqual(files);

  await putFile(sandbox, 'kept files/notes', 'not ours\n');
  await symlink('/etc/hostname', join(archive, 'link'));
  const { exitCode, stderr } = await repmgr('restore-config', '-D', dataDirectory);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/WARNING: ".*kept files" was not removed\nDETAIL: /);
  expect(await readdir(archive)).toContain('link');
  await rm(archive, { recursive: true });
});

it('refuses what is no place for them, and tells what is missing', async () => {
  const none = await sandbox.repmgr(1, ['standby', 'restore-config']);
  expect(none).toMatchObject({ exitCode: 1 });
  expect(none.stderr).toContain('standby restore-config needs the option "--config-archive-dir"');
  expect(none.stderr).toContain('standby restore-config needs the option "--data-dir"');
  expect(await sandbox.repmgr(1, ['standby', 'archive-config'])).toMatchObject({ exitCode: 1 });

  expect((await repmgr('restore-config', '-D', dataDirectory)).stderr).toContain('ENOENT');
  expect((await repmgr('restore-config', '-D', sandbox.directory)).stderr).toContain(
    'is not a data directory',
  );
  const within = await repmgr('archive-config', `--config-archive-dir=${join(dataDirectory, 'kept')}`);
  expect(within).toMatchObject({ exitCode: 1 });
  expect(within.stderr).toContain('DETAIL: It lies within the data directory');
  // As root made it: not that of the user who runs repmgr.
  if (process.getuid?.() === 0) {
    await mkdir(archive);
    expect((await repmgr('archive-config')).stderr).toContain('DETAIL: It belongs to another user');
    await rm(archive, { recursive: true });
  }
  await sandbox.stop(1);
  expect(await repmgr('archive-config')).toMatchObject({ exitCode: 6 });
});
