import { describe, expect, test } from 'vitest';
import { programFolder } from '../support/unprivileged.ts';

describe('the command line of repmgrd', () => {
  test('has help and version on stdout', async () => {
    const folder = await programFolder();
    const help = await folder.run('repmgrd', ['-?']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain('--check-config');
    expect(await folder.run('repmgrd', ['--version'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^repmgrd \d+\.\d+\.\d+ \(PostgreSQL 9\.3-18\)\n$/),
    });
  });

  test('tells all usage errors at once', async () => {
    const folder = await programFolder();
    const { exitCode, stdout, stderr } = await folder.run('repmgrd', [
      ...['--frobnicate', 'start', '-L', 'LOUD'],
      ...['-x', '-f'],
    ]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      'ERROR: unknown option "--frobnicate"',
      'ERROR: unexpected argument "start"',
      'ERROR: option "-L" takes one of DEBUG, INFO, NOTICE, WARNING, ERROR, ALERT, CRIT, EMERG, not "LOUD"',
      'ERROR: unknown option "-x"',
      'ERROR: option "-f" needs a value',
      expect.stringMatching(/^DETAIL: repmgrd takes --help, .*\.$/),
      'HINT: Show the options with: repmgrd --help',
      '',
    ]);
  });

  test.each([[[]], [['-d', '-m', '-p', '/tmp/repmgrd.pid']], [['--daemonize=false']]])(
    'needs a configuration file: %j',
    async (args) => {
      const folder = await programFolder();
      const result = await folder.run('repmgrd', args);
      expect(result).toMatchObject({ exitCode: 1, stdout: '' });
      expect(result.stderr).toMatch(
        /^ERROR: no configuration file was found\nDETAIL: Looked for .*\nHINT: Name the file with -f FILE; .*\n$/,
      );
    },
  );

  test('leaves DETAIL and HINT out with --terse', async () => {
    const folder = await programFolder();
    const result = await folder.run('repmgrd', ['--terse']);
    expect(result.stderr).toMatch(/^ERROR: [^\n]*\n$/);
  });

  test.runIf(process.getuid?.() === 0)('refuses root, except for help and version', async () => {
    const folder = await programFolder();
    const asCaller = { asCaller: true } as const;
    const result = await folder.run('repmgrd', ['--check-config', '-f', '/etc/my repmgr.conf'], asCaller);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain(
      "HINT: Run it as that user: runuser -u postgres -- repmgrd --check-config -f '/etc/my repmgr.conf'\n",
    );
    expect(await folder.run('repmgrd', ['--version'], asCaller)).toMatchObject({ exitCode: 0 });
  });
});
