import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/commands/arguments.ts';
import { commandHelp, programHelp } from '../../src/commands/help.ts';
import { usageName } from '../../src/commands/usage.ts';
import { longNamesOf, optionKeys, optionOf } from '../../src/commands/options.ts';
import { commandsOfLaterVersions, commandTable } from '../../src/commands/table.ts';

const pages = [
  { name: 'the program', text: programHelp(), command: undefined },
  ...commandTable.map((command) => ({ name: usageName(command), text: commandHelp(command), command })),
];

describe.each(pages)('the help of $name', ({ text, command }) => {
  it('fits into 100 columns, without a blank at the end of a line', () => {
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 100 || line !== line.trimEnd())).toEqual([]);
    expect(text.endsWith('\n') && !text.endsWith('\n\n')).toBe(true);
  });

  it('has examples that are accepted as they stand there', () => {
    const examples = text
      .split('\n')
      .filter((line) => line.startsWith('  repmgr ') && !line.includes('OPTIONS'));
    const typed = examples.filter((line) => !line.includes('NOUN'));
    expect(typed.length).toBeGreaterThan(0);
    for (const line of typed) {
      const read = parseCommandLine(line.trim().split(/\s+/).slice(1), {});
      expect(read, line).toMatchObject({ kind: 'run', warnings: [] });
      if (command !== undefined) expect(read).toMatchObject({ command: { verb: command.verb } });
    }
  });

  it('leaves out what this version does not have', () => {
    const later = optionKeys.filter((key) => optionOf(key).isNotBuiltYet || optionOf(key).isWithoutEffect);
    const names = later.flatMap((key) => longNamesOf(key)).map((name) => `--${name}`);
    const words = text.split(/[\s,[\]=]+/);
    expect(names.filter((name) => words.includes(name))).toEqual([]);
  });
});

describe('the option table', () => {
  it('has every name and letter once', () => {
    const names = optionKeys.flatMap((key) => longNamesOf(key));
    const letters = optionKeys.flatMap((key) => optionOf(key).short ?? []);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(letters).size).toBe(letters.length);
  });

  it('knows all options of repmgr 3', () => {
    const long =
      'help version log-level verbose terse log-to-file dbname host port username superuser data-dir config-file remote-user force pg_bindir wal-keep-segments keep-history wait rsync-only fast-checkpoint check-upstream-config recovery-min-apply-delay ignore-external-config-files copy-external-config-files initdb-no-pwprompt pwprompt local-port mode remote-config-file pg_rewind config-archive-dir csv node cluster without-barman no-upstream-connection wait-sync upstream-conninfo no-conninfo-password replication-user dest-dir pgdata';
    const names = optionKeys.flatMap((key) => longNamesOf(key));
    expect(long.split(' ').filter((name) => !names.includes(name))).toEqual([]);
    const letters = optionKeys.flatMap((key) => optionOf(key).short ?? []);
    expect(Array.from('?VLvtdhpUSDfRFbwkWIrcPlmC').filter((letter) => !letters.includes(letter))).toEqual([]);
  });
});

it('no command is told to come later that is there', () => {
  const present = commandTable.map(({ noun, verb }) => `${noun} ${verb}`);
  const later = commandsOfLaterVersions.map(({ noun, verb }) => `${noun} ${verb}`);
  expect(later.filter((name) => present.includes(name))).toEqual([]);
});

it('-W waits, and in node rejoin does not, as in repmgr 5; the help of each says so', () => {
  const options = (line: string) => {
    const read = parseCommandLine(line.split(' '), {});
    return read.kind === 'run' ? read.options : undefined;
  };
  expect(options('-f x standby follow -W')).toMatchObject({ wait: true });
  expect(options('-f x -h n -W node rejoin')).toMatchObject({ noWait: true });
  expect(options('-f x -h n --wait=5 node rejoin')).toMatchObject({ wait: 5 });
  const helpOf = (verb: string) => pages.find(({ command }) => command?.verb === verb)?.text;
  expect(helpOf('follow')).toMatch(/-W, --wait\[=/);
  expect(helpOf('rejoin')).toMatch(/-W, --no-wait[^]*\n {6}--wait\[=|\n {6}--wait\[=[^]*-W, --no-wait/);
});
