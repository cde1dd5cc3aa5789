/** What an administrator may hand to `-f`: the built programs never hang, never crash, and say what is wrong. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ProgramFolder, programFolder } from '../support/unprivileged.ts';

const valid = "cluster=test\nnode=1\nnode_name=node1\nconninfo='host=db1 password=s3cret'\n";

const check = async (folder: ProgramFolder, file: string) =>
  await folder.run('repmgrd', ['--check-config', '-f', file]);

describe('a file that can be used', () => {
  it.each([
    ['with the line ends of Windows', valid.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\u{feff}${valid}`],
    ['without an end of the last line', valid.trimEnd()],
    ['of nearly 1 MB', `${'# a comment, as long as it is\n'.repeat(34_000)}${valid}`],
    ['without equals signs', "cluster test\nnode_id 1\nnode_name 'a'\nconninfo 'host=b dbname=c'\n"],
  ])('%s', async (_, text) => {
    const folder = await programFolder();
    await folder.put('node1.conf', text);
    expect(await check(folder, 'node1.conf')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/is valid(, with \d warnings)?\n$/),
    });
  });
});

describe('what is no configuration file', () => {
  it('is refused at once, whatever it is', async () => {
    const folder = await programFolder();
    const place = (name: string) => join(folder.directory, name);
    execFileSync('mkfifo', [place('pipe')]);
    chmodSync(place('pipe'), 0o666);
    symlinkSync('loop', place('loop'));
    writeFileSync(place('utf16'), Buffer.from(valid, 'utf16le'));
    writeFileSync(place('large'), 'x'.repeat(1024 * 1024 + 1));
    mkdirSync(place('my files'));
    for (const [file, detail, look] of [
      ['pipe', 'It is not a regular file.', place('pipe')],
      ['/dev/zero', 'It is not a regular file.', '/dev/zero'],
      ['loop', 'ELOOP: too many symbolic links', place('loop')],
      ['utf16', 'It holds zero bytes, so it is no text in UTF-8.', place('utf16')],
      ['large', 'It has 1048577 bytes, no more than 1048576 are read.', place('large')],
      ['my files', 'It is a directory.', `'${place('my files')}'`],
    ] as const) {
      const result = await check(folder, file);
      expect(result, file).toMatchObject({ exitCode: 1, stdout: '' });
      expect(result.stderr).toMatch(/^ERROR: cannot read configuration file "[^\n]*"\nDETAIL: /);
      expect(result.stderr).toContain(`DETAIL: ${detail}`);
      expect(result.stderr).toContain(`HINT: Look at it with: ls -l ${look}\n`);
    }
  });

  it('is told line by line where it is text that is not UTF-8', async () => {
    const folder = await programFolder();
    writeFileSync(
      join(folder.directory, 'latin1'),
      Buffer.from(`${valid}location=caf\xe9 # caf\xe9\n`, 'latin1'),
    );
    chmodSync(join(folder.directory, 'latin1'), 0o644);
    expect(await check(folder, 'latin1')).toMatchObject({
      exitCode: 1,
      stderr: 'ERROR: line 5: location: the value is not UTF-8\n',
    });
  });
});

describe('repmgr', () => {
  it('tells all errors of its file with their lines, how to check it, and no password', async () => {
    const folder = await programFolder();
    const wrong = [
      "conninfo='host=a password='s3cret''",
      'follow_command',
      'reconect_interval=3',
      'nodes_name',
    ];
    const path = await folder.put('my node.conf', `${valid}${wrong.join('\n')}\n`);
    expect(await folder.run('repmgr', ['-f', 'my node.conf', 'cluster', 'show'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: [
        `ERROR: configuration file "${path}" has 4 errors:`,
        "ERROR: line 5: conninfo: something stands after the closing quote; a quote inside is written twice: ''",
        'ERROR: line 6: "follow_command" has no value',
        'ERROR: line 7: "reconect_interval" is not a parameter, "reconnect_interval" is',
        'ERROR: line 8: "nodes_name" is not a parameter, "node_name" is',
        'DETAIL: A file with errors is not used at all, so nothing was done.',
        `HINT: Correct the file and check it with: repmgrd --check-config -f '${path}'`,
        '',
      ].join('\n'),
    });
  });

  it.runIf(process.getuid?.() === 0)('works in a directory that its user may not enter', async () => {
    const folder = await programFolder();
    await folder.put('node1.conf', valid);
    const closed = join(folder.directory, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    await folder.put('pg_config', `#!/bin/sh\necho ${folder.directory}/sysconf\n`, 0o700);
    mkdirSync(join(folder.directory, 'sysconf'));
    await folder.put('sysconf/repmgr.conf', valid);
    const env = { PATH: `${folder.directory}:${process.env['PATH']}` };
    const result = await folder.run('repmgrd', ['--check-config'], { cwd: closed, env });
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('sysconf/repmgr.conf" is valid'),
    });
  });
});
