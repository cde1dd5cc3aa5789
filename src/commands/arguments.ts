/** Reads the command line: which command, with which options and operands, or all that is wrong with it. */
import { parseArgs } from 'node:util';
import { redactConninfo } from '../model/conninfo.ts';
import { nearest } from '../model/nearest.ts';
import { findCommand } from './find-command.ts';
import type { OptionKey } from './option-table.ts';
import { type CommandOptions, longNamesOf, nameOf, optionKeys, optionOf } from './options.ts';
import { readOptionValue } from './option-value.ts';
import type { Command } from './command.ts';
import { upstreamCheck } from './upstream-check.ts';
import { endOptionsAtCommandLine } from './inner-command-line.ts';
import { optionInWords, optionsInWords } from './usage.ts';
import type { UsageError } from './usage-error.ts';
import { checkUse } from './use.ts';

export type CommandLine =
  | { readonly kind: 'help'; readonly command: Command | undefined }
  | { readonly kind: 'version' | 'version-number' }
  | {
      readonly kind: 'invalid';
      readonly errors: readonly UsageError[];
      readonly command: Command | undefined;
      readonly options: CommandOptions;
    }
  | {
      readonly kind: 'not-built-yet';
      readonly what: string;
      /** How the same is done, where that is known. */
      readonly instead: string | undefined;
      readonly options: CommandOptions;
    }
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly operands: readonly string[];
      readonly options: CommandOptions;
      readonly warnings: readonly string[];
    };

type Environment = Readonly<Record<string, string | undefined>>;

/** What was read before anybody asked what it means. */
interface Words {
  readonly options: CommandOptions;
  readonly operands: readonly string[];
  readonly complaints: readonly Complaint[];
}

interface Complaint {
  readonly message: string;
  /** Undefined: there is no such option. */
  readonly about: OptionKey | undefined;
}

const keysByLongName = new Map(
  optionKeys.flatMap((key) => longNamesOf(key).map((name) => [name, key] as const)),
);
const keysByLetter = new Map(optionKeys.map((key) => [optionOf(key).short, key] as const));

/**
 * Reads the arguments as GNU programs do: options anywhere, `--` ends them, letters bundled, long names shortened as
 * long as they are unambiguous; an optional value needs `=`. All errors are found at once.
 */
export function parseCommandLine(args: readonly string[], environment: Environment): CommandLine {
  const given = endOptionsAtCommandLine(args, takesNextWord);
  const read = readWords(given, {});
  const found = findCommand(read.operands);
  const command = found.kind === 'found' ? found.command : undefined;
  const words = command?.letters === undefined ? read : readWords(given, command.letters);
  if (words.options.help) return { kind: 'help', command };
  if (words.options.version) return { kind: 'version' };
  if (words.options.versionNumber) return { kind: 'version-number' };
  const { options } = words;
  if (options.checkUpstreamConfig) return upstreamCheckOf(words);
  const errors = words.complaints.map((it) => usageError(it, command));
  if (found.kind === 'unknown') errors.push(found.error);
  if (found.kind === 'later' && errors.length === 0) {
    const { name, instead } = found;
    return { kind: 'not-built-yet', what: `the command "${name}"`, instead, options };
  }
  if (found.kind !== 'found') return { kind: 'invalid', errors, command, options };
  const use = checkUse(found.command, { options, operands: found.operands, environment });
  errors.push(...use.errors);
  if (errors.length > 0) return { kind: 'invalid', errors, command, options };
  if (use.notBuiltYet !== undefined) {
    return { kind: 'not-built-yet', what: use.notBuiltYet, instead: undefined, options };
  }
  return { kind: 'run', command: found.command, operands: found.operands, options, warnings: use.warnings };
}

/** As in repmgr 3 the option comes before any command, which is then not run. */
function upstreamCheckOf({ options, operands, complaints }: Words): CommandLine {
  if (complaints.length > 0) {
    const errors = complaints.map((it) => usageError(it, upstreamCheck));
    return { kind: 'invalid', errors, command: undefined, options };
  }
  const ignored = redactConninfo(operands.join(' '));
  const warnings = ignored === '' ? [] : [`"${ignored}" has no effect beside "--check-upstream-config"`];
  return { kind: 'run', command: upstreamCheck, operands: [], options, warnings };
}

function usageError({ message, about }: Complaint, command: Command | undefined): UsageError {
  if (about === undefined) return { message, detail: optionsInWords(command) };
  const detail = optionInWords(about, command?.letters);
  // The letter has changed its meaning from repmgr 3 to 4.
  const isOfRepmgr4 = about === 'walKeepSegments' && command?.options.includes('wait') === true;
  return {
    message,
    detail: isOfRepmgr4 ? `${detail} What -w means in repmgr 4 and 5 is --wait here.` : detail,
  };
}

/** The key of a long name or of the only option that begins so; several candidates make an error. */
function keyOfLongName(name: string): OptionKey | undefined | 'ambiguous' {
  const exact = keysByLongName.get(name);
  if (exact !== undefined) return exact;
  const candidates = new Set(
    [...keysByLongName].filter(([long]) => long.startsWith(name)).map(([, key]) => key),
  );
  if (candidates.size > 1) return 'ambiguous';
  return candidates.values().next().value;
}

function readWords(args: readonly string[], letters: NonNullable<Command['letters']>): Words {
  const values: Partial<Record<OptionKey, unknown>> = {};
  const operands: string[] = [];
  const complaints: Complaint[] = [];
  /** The option before, where its value is optional and was not given. */
  let before: OptionKey | undefined;
  // As in repmgr 3: whoever asks for help or the version gets it, whatever else is wrong further on.
  let isAnswered = false;
  for (const token of tokensOf(completeNames(args))) {
    if (token.kind === 'positional') {
      if (before !== undefined && /^\d+$/.test(token.value)) {
        const message = `"${token.value}" belongs to no option; write ${nameOf(before)}=${token.value}`;
        complaints.push({ message, about: before });
      } else {
        operands.push(token.value);
      }
      before = undefined;
    }
    if (token.kind !== 'option' || isAnswered) continue;
    const key = keyOfToken(token, letters);
    if (key === undefined) {
      complaints.push({ message: unknownOption(token.rawName), about: undefined });
      continue;
    }
    const read = readOptionValue(key, token.rawName, token.value);
    if (read.kind === 'invalid') complaints.push({ message: read.error, about: key });
    else values[key] = read.value;
    before = optionOf(key).value.kind === 'optional-integer' && token.value === undefined ? key : undefined;
    isAnswered = key === 'help' || key === 'version' || key === 'versionNumber';
  }
  return { options: values as CommandOptions, operands, complaints };
}

function keyOfToken(
  { name, rawName }: { name: string; rawName: string },
  letters: NonNullable<Command['letters']>,
): OptionKey | undefined {
  if (rawName.startsWith('--')) return keysByLongName.get(name);
  return letters[rawName.slice(1)] ?? keysByLetter.get(rawName.slice(1));
}

function tokensOf(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: parserOptions(),
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

function parserOptions() {
  const entries = optionKeys.flatMap((key) => {
    const { short } = optionOf(key);
    const type = needsValue(key) ? ('string' as const) : ('boolean' as const);
    const names = longNamesOf(key).length === 0 ? [key] : longNamesOf(key);
    return names.map((name, index) => [name, { type, ...(index === 0 && short ? { short } : {}) }] as const);
  });
  return Object.fromEntries(entries);
}

function needsValue(key: OptionKey): boolean {
  const { kind } = optionOf(key).value;
  return kind !== 'none' && !kind.startsWith('optional-');
}

/** Replaces shortened long names; a word that is the value of the option before it stays as it is. */
function completeNames(args: readonly string[]): readonly string[] {
  const completed: string[] = [];
  let isValue = false;
  for (const [index, word] of args.entries()) {
    if (!isValue && word === '--') return [...completed, ...args.slice(index)];
    const complete: string = isValue || !word.startsWith('--') ? word : completeName(word);
    completed.push(complete);
    isValue = !isValue && takesNextWord(complete);
  }
  return completed;
}

function completeName(word: string): string {
  const [name = '', ...value] = word.slice(2).split('=');
  const key = keyOfLongName(name);
  if (key === undefined || key === 'ambiguous' || keysByLongName.has(name)) return word;
  return [`--${longNamesOf(key)[0]}`, ...value].join('=');
}

function takesNextWord(word: string): boolean {
  if (word.startsWith('--')) {
    const key = keysByLongName.get(word.slice(2));
    return key !== undefined && needsValue(key);
  }
  if (!word.startsWith('-')) return false;
  const letters = word.slice(1).split('');
  const taking = letters.findIndex((letter) => {
    const key = keysByLetter.get(letter);
    return key !== undefined && needsValue(key);
  });
  return taking >= 0 && taking === letters.length - 1;
}

function unknownOption(rawName: string): string {
  const name = rawName.slice(2);
  if (rawName.startsWith('--') && name !== '' && keyOfLongName(name) === 'ambiguous') {
    const candidates = [...keysByLongName.keys()].filter((long) => long.startsWith(name));
    return `option "${rawName}" is ambiguous: ${candidates.map((long) => `--${long}`).join(', ')}`;
  }
  const suggestion = rawName.startsWith('--') ? nearest(name, [...keysByLongName.keys()]) : undefined;
  return `unknown option "${rawName}"${suggestion === undefined ? '' : `; did you mean "--${suggestion}"?`}`;
}
