/** What `--help` prints, for the program and for each command. */
import type { Option } from './option.ts';
import type { OptionKey } from './option-table.ts';
import { optionKeys, optionOf } from './options.ts';
import type { Command } from './command.ts';
import { commandName } from './command-name.ts';
import { commandTable } from './table.ts';
import { optionUsage, usageName } from './usage.ts';

const width = 100;
const column = 34;

/** All commands, and the options that all of them take. */
export function programHelp(): string {
  const commands = commandTable.map((command) => `  ${usageName(command).padEnd(28)}${command.summary}`);
  return [
    'repmgr: sets up and keeps standbys of PostgreSQL\n',
    section('Usage', ['  repmgr [OPTIONS] NOUN VERB [NODE]', '  repmgr NOUN VERB --help']),
    section('Commands', commands),
    ...optionSections([keysOf('general'), keysOf('logging'), keysOf('connection')]),
    section('Examples', examplesOf(programExamples)),
    'The manual is in docs/; "master" may be written for "primary".\n',
  ].join('\n');
}

const programExamples: Command['examples'] = [
  { line: 'repmgr sandbox start', about: 'a cluster to try things out with' },
  { line: 'repmgr -f /etc/repmgr.conf primary register', about: 'begin a cluster' },
  { line: 'repmgr -h node1 -f /etc/repmgr.conf standby clone -c', about: 'copy node1 to this host' },
  { line: 'repmgr -f /etc/repmgr.conf cluster show', about: 'look at the cluster' },
];

/** One command: what it does, its options and examples. */
export function commandHelp(command: Command): string {
  const own = command.options.filter((key) => optionOf(key).isNotBuiltYet !== true);
  return [
    `repmgr ${commandName(command)}: ${command.summary}\n`,
    section('Usage', [`  repmgr [OPTIONS] ${usageName(command)}`]),
    `${wrap(command.description, width).join('\n')}\n`,
    ...optionSections(
      [
        keysOf('general'),
        keysOf('logging'),
        own.filter((key) => optionOf(key).group === 'connection'),
        own.filter((key) => optionOf(key).group === 'command'),
      ],
      command.letters,
    ),
    section('Examples', examplesOf(command.examples)),
  ].join('\n');
}

/** What an example is for stands above it, so that its line can be pasted. */
function examplesOf(examples: Command['examples']): readonly string[] {
  return examples.flatMap(({ line, about }) => [`  # ${about}`, `  ${line}`]);
}

function keysOf(group: Option['group']): readonly OptionKey[] {
  return optionKeys.filter((key) => optionOf(key).group === group && optionOf(key).isNotBuiltYet !== true);
}

function optionSections(
  groups: readonly (readonly OptionKey[])[],
  letters?: Command['letters'],
): readonly string[] {
  const titles = ['General options', 'Logging options', 'Connection options', 'Options of this command'];
  return groups.flatMap((keys, index) =>
    keys.length === 0
      ? []
      : [
          section(
            titles[index] ?? '',
            keys.flatMap((key) => optionLines(key, letters)),
          ),
        ],
  );
}

function optionLines(key: OptionKey, letters: Command['letters']): readonly string[] {
  const usage = `  ${optionUsage(key, letters)}`;
  const [first = '', ...rest] = wrap(optionOf(key).about, width - column);
  const indented = rest.map((line) => `${' '.repeat(column)}${line}`);
  if (usage.length > column - 2) return [usage, `${' '.repeat(column)}${first}`, ...indented];
  return [`${usage.padEnd(column)}${first}`, ...indented];
}

function section(title: string, lines: readonly string[]): string {
  return `${title}:\n${lines.join('\n')}\n`;
}

function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
