/** How commands and options are written, for help, the manual, and errors of a command line. */
import type { Command } from './command.ts';
import { commandName } from './command-name.ts';
import type { Option } from './option.ts';
import type { OptionKey } from './option-table.ts';
import { longNamesOf, nameOf, optionKeys, optionOf } from './options.ts';

/** Noun, verb and operand: `standby clone [NODE]`. */
export function usageName({ noun, verb, operand }: Command): string {
  const name = commandName({ noun, verb });
  if (operand === undefined) return name;
  return `${name} ${operand.isRequired ? operand.name : `[${operand.name}]`}`;
}

/**
 * An option with its spellings and its value: `-h, --host HOST`.
 * @param letters those that mean another option in this command
 */
export function optionUsage(key: OptionKey, letters: Command['letters'] = {}): string {
  const option = optionOf(key);
  const [long] = longNamesOf(key);
  const own = option.short !== undefined && letters[option.short] === undefined ? option.short : undefined;
  const short = Object.entries(letters).find(([, meant]) => meant === key)?.[0] ?? own;
  const letter = short === undefined ? '    ' : `-${short}${long === undefined ? '' : ', '}`;
  return `${letter}${long === undefined ? '' : `--${long}`}${valueUsage(option)}`;
}

function valueUsage({ value }: Option): string {
  if (value.kind === 'none') return '';
  return value.kind.startsWith('optional') ? `[=${value.name}]` : ` ${value.name}`;
}

/** What an option is for and what it takes, in a sentence. */
export function optionInWords(key: OptionKey, letters?: Command['letters']): string {
  const { about, value } = optionOf(key);
  const range = 'minimum' in value ? `; a whole number ${rangeInWords(value)}` : '';
  const choices = 'choices' in value ? `; one of ${value.choices.join(', ')}` : '';
  return `${optionUsage(key, letters).trim()}: ${about}${range}${choices}.`;
}

function rangeInWords({ minimum, maximum }: { readonly minimum: number; readonly maximum?: number }): string {
  return maximum === undefined ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
}

/** The options that a command takes, in a sentence; without one, those that every command takes. */
export function optionsInWords(command: Command | undefined): string {
  const general = optionKeys.filter((key) => ['general', 'logging'].includes(optionOf(key).group));
  const every = `every command takes ${general.map(nameOf).join(', ')}.`;
  const own = (command?.options ?? []).filter((key) => optionOf(key).isNotBuiltYet !== true);
  if (command === undefined || own.length === 0) return `E${every.slice(1)}`;
  return `"${commandName(command)}" takes ${own.map(nameOf).join(', ')}; ${every}`;
}

/** The line that shows the order of words. */
export function usageLine(command: Command): string {
  return `It is called so: repmgr [OPTIONS] ${usageName(command)}`;
}
