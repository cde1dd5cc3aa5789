/** `standby clone --verify-backup`, with the programs of Debian. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { debianBinDirectory, debianMajorVersion, describeWithDebian } from '../support/debian.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile } from '../support/sandbox-files.ts';

describeWithDebian('a copy by pg_basebackup', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 2,
      build: 'primary',
      postgresVersion: debianMajorVersion,
    });
    expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
  });

  const clone = async (...args: string[]) =>
    await sandbox.repmgr(2, [
      ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '-c', '--verify-backup'],
      ...['--backup-method=pg_basebackup', ...args, 'standby', 'clone'],
    ]);

  /** A directory of PostgreSQL's programs, one of which is another one. */
  async function programsWith(name: string, script: string): Promise<string> {
    const directory = join(sandbox.directory, 'programs');
    const make = `rm -rf "$1"; mkdir -p "$1" && ln -s ${debianBinDirectory}/* "$1"/ && rm "$1/$2"`;
    await sandbox.run('sh', ['-c', make, 'sh', directory, name]);
    if (script !== '') await putFile(sandbox, `programs/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
    return directory;
  }

  it('is read again and compared', async () => {
    const { exitCode, stderr } = await clone('--verbose');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('INFO: compare the copy with its manifest by pg_verifybackup');
    expect(stderr).toContain('NOTICE: the copy agrees with the manifest of the base backup');
    await sandbox.start(2);
    await sandbox.stop(2);
  });

  it('that was damaged on its way is not put in place', async () => {
    await sandbox.run('rm', ['-rf', sandbox.node(2).dataDirectory]);
    const damaging = await programsWith(
      'pg_basebackup',
      `${debianBinDirectory}/pg_basebackup "$@" || exit
       for word; do case "$word" in --pgdata=*) printf x >> "\${word#--pgdata=}/PG_VERSION";; esac; done`,
    );
    const { exitCode, stderr } = await clone('-b', damaging);
    expect(exitCode).toBe(14);
    expect(stderr).toMatch(
      /ERROR: the copy does not agree with its manifest\nDETAIL: .*PG_VERSION.*\nHINT: Look at the disk/,
    );
    expect(existsSync(sandbox.node(2).dataDirectory)).toBe(false);
  });

  it('is not begun where pg_verifybackup is missing', async () => {
    const { exitCode, stderr } = await clone('-b', await programsWith('pg_verifybackup', ''));
    expect(exitCode).toBe(1);
    expect(stderr).toContain('ERROR: pg_verifybackup was not found on this host');
    expect(existsSync(sandbox.node(2).dataDirectory)).toBe(false);
  });
});
