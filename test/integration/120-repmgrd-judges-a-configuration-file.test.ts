import { describe, expect, test } from 'vitest';
import { programFolder } from '../support/unprivileged.ts';

const valid = "cluster=test\nnode=1\nnode_name=node1\nconninfo='host=db1 dbname=repmgr'\n";

describe('repmgrd --check-config', () => {
  test('says that a file can be used', async () => {
    const folder = await programFolder();
    const path = await folder.put('node1.conf', valid);
    expect(await folder.run('repmgrd', ['--check-config', '-f', 'node1.conf'])).toEqual({
      exitCode: 0,
      stdout: `configuration file "${path}" is valid\n`,
      stderr: '',
    });
  });

  test('tells everything that is wrong at once', async () => {
    const folder = await programFolder();
    const lines = ['reconect_attempts=3', 'failover=automtic', 'wal_keep=1', 'reconnect_interval=10abc'];
    const path = await folder.put('node1.conf', `${valid}${lines.join('\r\n')}\n`);
    expect(await folder.run('repmgrd', ['-f', path, '--check-config'])).toEqual({
      exitCode: 1,
      stdout: `configuration file "${path}" has 3 errors and 1 warning\n`,
      stderr: [
        'ERROR: line 5: "reconect_attempts" is not a parameter, "reconnect_attempts" is',
        'ERROR: line 6: failover: "automtic" is none of manual, automatic',
        'ERROR: line 8: reconnect_interval: "10abc" is no time: a number of seconds, or one with ms, s, min, h or d',
        'WARNING: line 7: unknown parameter "wal_keep" with value "1" is ignored',
        '',
      ].join('\n'),
    });
  });

  test('accepts a file with warnings', async () => {
    const folder = await programFolder();
    await folder.put('repmgr.conf', `${valid}always_promote=on\n`);
    expect(await folder.run('repmgrd', ['--check-config'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/is valid, with 1 warning\n$/),
      stderr: expect.stringMatching(
        /^WARNING: this version of repmgrd does not act on always_promote yet\n$/,
      ),
    });
  });

  test('finds the file in the working directory, and tells so with --verbose', async () => {
    const folder = await programFolder();
    const path = await folder.put('repmgr.conf', valid);
    const result = await folder.run('repmgrd', ['--check-config', '-v']);
    expect(result).toMatchObject({ exitCode: 0, stderr: `INFO: using configuration file "${path}"\n` });
  });

  test('finds the file where pg_config says', async () => {
    const folder = await programFolder();
    await folder.put(
      'pg_config',
      `#!/bin/sh\n[ "$1" = --sysconfdir ] && echo ${folder.directory}/sysconf\n`,
      0o700,
    );
    const env = { PATH: `${folder.directory}:${process.env['PATH']}` };
    const result = await folder.run('repmgrd', ['--check-config'], { env });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(`${folder.directory}/sysconf/repmgr.conf.\n`);
  });

  test('ends with 1 for a file that is missing, unreadable or a directory', async () => {
    const folder = await programFolder();
    const closed = await folder.put('closed.conf', valid, 0o000);
    for (const [file, detail] of [
      ['nowhere.conf', 'The file does not exist.'],
      [closed, 'Permission denied.'],
      ['.', 'It is a directory.'],
    ] as const) {
      const result = await folder.run('repmgrd', ['--check-config', '-f', file]);
      expect(result).toMatchObject({ exitCode: 1, stdout: '' });
      expect(result.stderr).toMatch(/^ERROR: cannot read configuration file /);
      expect(result.stderr).toContain(`DETAIL: ${detail}\nHINT: `);
    }
  });
});
