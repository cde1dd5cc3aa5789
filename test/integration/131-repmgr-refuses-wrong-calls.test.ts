/** Command lines as people type them, right and wrong: what is said, the exit code, and what is never said. */
import { describe, expect, it } from 'vitest';
import { type ProgramResult, programFolder } from '../support/unprivileged.ts';

/** A command line and what its first error says; the rest holds for all of them. */
const refused: readonly (readonly [line: string, error: RegExp])[] = [
  ['', /no command was given/],
  ['--', /no command was given/],
  ['frobnicate', /unknown command "frobnicate"$/m],
  ['primry register', /did you mean "primary"\?/],
  ['STANDBY promot', /unknown command "STANDBY promot"; did you mean "STANDBY promote"\?/],
  [
    'standby',
    /"standby" needs one of: clone, register, unregister, promote, follow, archive-config, restore-config$/m,
  ],
  ['cluster show now', /too many arguments, the first of them "now"/],
  ['standby clone a b', /too many arguments, the first of them "b"/],
  ['standby clone', /needs the host to copy from/],
  ['standby clone a -h b', /the host is given twice/],
  ['standby follow -D /d', /-D needs a host/],
  ['cluster show --ver', /option "--ver" is ambiguous: --version, /],
  ['cluster show --hots a', /did you mean "--host"\?/],
  ['cluster show -x', /unknown option "-x"/],
  ['cluster show -p none', /option "-p" needs an integer from 0 to 65535, not "none"/],
  ['cluster show --port=70000', /from 0 to 65535/],
  ['cluster show -h', /option "-h" needs a value/],
  ['cluster show --force=1', /option "--force" takes no value/],
  ['cluster show -L debug', /option "-L" takes DEBUG, /],
  ['standby register --wait-sync 60', /"60" belongs to no option; write --wait-sync=60/],
  ['standby register --wait-sync=soon', /needs an integer of at least 0/],
  ['standby clone a --recovery-min-apply-delay=0', /needs an integer of at least 1/],
  ['cluster show -d host=a password=s3cret', /the first of them "password=\*\*\*"/],
  ['standby switchover -m medium', /option "-m" takes smart, fast or immediate/],
  ['standby switchover -C /etc/other.conf', /does not have the command "standby switchover" yet/],
  ['witness creat -h a', /did you mean "witness create"\?/],
  ['cluster cleanup -k -1', /option "-k" needs an integer from 0 to 36500/],
  ['--check-upstream-config -p none', /option "-p" needs an integer/],
  ['standby clone h -r --backup-method=protocol', /"--rsync-only" and "--backup-method=protocol" contradict/],
  ['standby clone h --copy-external-config-files=here', /takes samepath or pgdata, not "here"/],
  [
    'standby clone h --copy-external-config-files --ignore-external-config-files',
    /--ignore-external-config-files and --copy-external-config-files contradict each other/,
  ],
  ['standby promote -f /nowhere/repmgr.conf', /cannot read configuration file/],
  ['standby follow -W', /no configuration file was found/],
];

function expectRefusal({ exitCode, stdout, stderr }: ProgramResult, error: RegExp): void {
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(error);
  expect(stderr).toMatch(/^(ERROR: [^\n]+\n)+(DETAIL: [^\n]+\n)*HINT: [^\n]+\n$/);
  expect(stderr).not.toMatch(/^\s+at |s3cret/m);
}

describe('repmgr', () => {
  it.each(refused)('refuses: %s', async (line, error) => {
    const folder = await programFolder();
    expectRefusal(await folder.run('repmgr', line.split(' ').filter(Boolean)), error);
  });

  it('looks for the configuration file everywhere, and tells with --verbose', async () => {
    const folder = await programFolder();
    const result = await folder.run('repmgr', ['-v', 'cluster', 'show']);
    expect(result.stderr).toContain(`INFO: no configuration file in ${folder.directory}/repmgr.conf, `);
    expect(result.stderr).toContain('ERROR: the name of the cluster is not known\n');
  });

  it('leaves DETAIL and HINT out with --terse, and option warnings too', async () => {
    const folder = await programFolder();
    const args = ['standby', 'promote', '-I', '-f', 'missing.conf'];
    const { stderr } = await folder.run('repmgr', args);
    expect(stderr).toMatch(/^WARNING: option "-I" has no effect: [^\n]+\nERROR: /);
    expect((await folder.run('repmgr', [...args, '--terse'])).stderr).toMatch(/^ERROR: [^\n]+\n$/);
    expect((await folder.run('repmgr', [...args, '-q'])).stderr).toMatch(/^ERROR: [^\n]+\nDETAIL: /);
  });

  it('tells where its output could not be written', async () => {
    const folder = await programFolder();
    const line = `"${process.execPath}" dist/repmgr.js --help`;
    const { exitCode, stderr } = await folder.shell(`${line} > /dev/full`);
    expect(exitCode).toBe(13);
    expect(stderr).toMatch(/^ERROR: cannot write to stdout\nDETAIL: ENOSPC[^\n]*\nHINT: /);
    expect(await folder.shell(`${line} | true`)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('goes on where its working directory was removed', async () => {
    const folder = await programFolder();
    const { stderr } = await folder.shell(
      `mkdir gone && cd gone && rmdir ../gone && "${process.execPath}" ${folder.directory}/dist/repmgr.js standby promote`,
    );
    expect(stderr).toMatch(
      /^ERROR: no configuration file was found\nDETAIL: Looked for .*gone\/repmgr\.conf/,
    );
  });
});
