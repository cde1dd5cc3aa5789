import { describe, expect, test } from 'vitest';
import { programFolder } from '../support/unprivileged.ts';

describe('the built repmgr', () => {
  test('has help and versions on stdout, for root too', async () => {
    const folder = await programFolder();
    const help = await folder.run('repmgr', ['--help'], { asCaller: true });
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain('standby clone [NODE]');
    const version = await folder.run('repmgr', ['-V'], { asCaller: true });
    expect(version.stdout).toMatch(/^repmgr \d+\.\d+\.\d+ \(PostgreSQL 9\.3-18\)\n$/);
    const number = await folder.run('repmgr', ['--version-number']);
    expect(number.stdout).toMatch(/^\d+\n$/);
  });

  test('has help with examples for every command', async () => {
    const folder = await programFolder();
    for (const words of ['master register', 'standby clone', 'cluster show', 'sandbox start']) {
      const help = await folder.run('repmgr', [...words.split(' '), '--help']);
      expect(help).toMatchObject({ exitCode: 0, stderr: '' });
      expect(help.stdout).toMatch(/Examples:\n {2}# [^\n]+\n {2}repmgr /);
    }
  });

  test('tells all usage errors at once', async () => {
    const folder = await programFolder();
    const { exitCode, stdout, stderr } = await folder.run('repmgr', [
      ...['cluster', 'shwo', '--hots', 'a'],
      ...['-p', 'none'],
    ]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      'ERROR: unknown option "--hots"; did you mean "--host"?',
      'ERROR: option "-p" needs an integer from 0 to 65535, not "none"',
      'ERROR: unknown command "cluster shwo"; did you mean "cluster show"?',
      expect.stringMatching(/^DETAIL: Every command takes --help, .*\.$/),
      'DETAIL: -p, --port PORT: port of the server; a whole number from 0 to 65535.',
      expect.stringMatching(/^DETAIL: What follows "cluster" is one of: show, event, .*\.$/),
      'HINT: Show what is possible with: repmgr --help',
      '',
    ]);
  });

  test('says that a command comes later', async () => {
    const folder = await programFolder();
    const result = await folder.run('repmgr', ['standby', 'switchover']);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^ERROR: .*"standby switchover" yet\nDETAIL: This is repmgr [^\n]+\nHINT: /,
    );
  });

  test('says where it looked for a configuration file', async () => {
    const folder = await programFolder();
    const result = await folder.run('repmgr', ['standby', 'promote', '-f', 'missing.conf']);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^ERROR: cannot read configuration file ".*missing\.conf"\nDETAIL: .*\nHINT: /,
    );
  });

  test.runIf(process.getuid?.() === 0)('refuses root, with the line to type instead', async () => {
    const folder = await programFolder();
    const result = await folder.run('repmgr', ['cluster', 'show'], { asCaller: true });
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('HINT: Run it as that user: runuser -u postgres -- repmgr cluster show');
  });
});
