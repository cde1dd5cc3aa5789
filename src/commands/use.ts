/** Checks that options and operands make sense for a command; docs/commands.md says which option belongs where. */
import { isConninfo, parseConninfo, redactConninfo } from '../model/conninfo.ts';
import type { OptionKey } from './option-table.ts';
import { type CommandOptions, nameOf, optionKeys, optionOf } from './options.ts';
import type { Command } from './command.ts';
import { commandName } from './command-name.ts';
import { commandTable } from './table.ts';

export interface Use {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** Something that was asked for and this version does not do. */
  readonly notBuiltYet: string | undefined;
}

/** What a command is called with. */
export interface Call {
  readonly options: CommandOptions;
  readonly operands: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Errors end the program with exit code 1 before anything is done; warnings are written unless `--terse`. */
export function checkUse(command: Command, call: Call): Use {
  const { options, operands } = call;
  const given = optionKeys.filter((key) => options[key] !== undefined);
  const missing = given.find((key) => optionOf(key).isNotBuiltYet && command.options.includes(key));
  return {
    errors: [
      ...operandErrors(command, operands),
      ...requirementErrors(command, options),
      ...connectionErrors(options),
      ...hostErrors(command, call),
    ],
    warnings: [
      ...given.flatMap((key) => warningsOf(key, command, options)),
      ...contradictions(command, options),
    ],
    notBuiltYet: missing && `the option "${nameOf(missing)}" of ${commandName(command)}`,
  };
}

function operandErrors({ noun, verb, operand }: Command, operands: readonly string[]): readonly string[] {
  const extra = operands[operand === undefined ? 0 : 1];
  if (operand?.hasCommandLine === true && operands.length < 2)
    return [`${noun} ${verb} needs ${operand.name}`];
  if (extra !== undefined && operand?.hasCommandLine !== true)
    return [`too many arguments, the first of them "${redactConninfo(extra)}"`];
  if (operand?.isRequired && operands.length === 0) return [`${noun} ${verb} needs ${operand.name}`];
  return [];
}

function requirementErrors({ noun, verb, requires = [] }: Command, options: CommandOptions): string[] {
  const missing = requires.filter((key) => options[key] === undefined);
  return missing.map((key) => `${noun} ${verb} needs the option "${nameOf(key)}"`);
}

function connectionErrors({ dbname }: CommandOptions): readonly string[] {
  if (dbname === undefined || !isConninfo(dbname)) return [];
  const parsed = parseConninfo(dbname);
  return parsed.kind === 'parsed'
    ? []
    : [`option "--dbname" needs a database or a connection string: ${parsed.reason}`];
}

function hostErrors(command: Command, { options, operands, environment }: Call): readonly string[] {
  if (command.noun !== 'standby') return [];
  const hasHost = options.host !== undefined || hostOfDbname(options.dbname) !== undefined;
  if (hasHost && operands.length > 0 && command.operand !== undefined) {
    return [`the host is given twice: by an option, and as "${redactConninfo(operands[0] ?? '')}"`];
  }
  const isHostKnown = hasHost || operands.length > 0;
  if (command.verb === 'clone') {
    if (options.ignoreExternalConfigFiles && options.copyExternalConfigFiles !== undefined) {
      return ['--ignore-external-config-files and --copy-external-config-files contradict each other'];
    }
    const inEnvironment = environment['PGHOST'] ?? environment['PGSERVICE'] ?? environment['PGHOSTADDR'];
    return isHostKnown || options.upstreamConninfo !== undefined || inEnvironment !== undefined
      ? []
      : ['standby clone needs the host to copy from: -h HOST, or as the last argument'];
  }
  if (command.verb !== 'follow') return [];
  if (options.dataDir !== undefined && !isHostKnown) return ['standby follow: -D needs a host (-h)'];
  if (options.host !== undefined && options.dataDir === undefined) {
    return ['standby follow: -h needs the data directory (-D)'];
  }
  return [];
}

function hostOfDbname(dbname: string | undefined): string | undefined {
  if (dbname === undefined || !isConninfo(dbname)) return undefined;
  const parsed = parseConninfo(dbname);
  if (parsed.kind === 'invalid') return undefined;
  return parsed.conninfo['host'] ?? parsed.conninfo['hostaddr'] ?? parsed.conninfo['service'];
}

function warningsOf(key: OptionKey, command: Command, options: CommandOptions): readonly string[] {
  const option = optionOf(key);
  if (option.isWithoutEffect) return [`option "${nameOf(key)}" has no effect: ${option.about}`];
  if (option.group === 'general' || option.group === 'logging') return [];
  const isForPrimary = command.noun === 'standby' && command.verb === 'register' && options.force !== true;
  if (command.options.includes(key) && !(isForPrimary && option.group === 'connection')) return [];
  const users = commandTable.filter((entry) => entry.options.includes(key));
  const where = users.map(commandName).join(', ');
  const name = `option "${nameOf(key)}" has no effect on ${commandName(command)}`;
  if (isForPrimary && option.group === 'connection') return [`${name} without --force`];
  return [where === '' ? name : `${name}, only on: ${where}`];
}

function contradictions(command: Command, options: CommandOptions): readonly string[] {
  if (command.verb !== 'clone') return [];
  return (['upstreamConninfo', 'replicationConfOnly'] as const)
    .filter((key) => options[key] !== undefined)
    .flatMap((key) =>
      withoutEffectBeside[key]
        .filter((other) => options[other] !== undefined)
        .map((other) => `option "${nameOf(other)}" has no effect together with "${nameOf(key)}"`),
    );
}

const withoutEffectBeside = {
  upstreamConninfo: ['noConninfoPassword', 'replicationUser'],
  replicationConfOnly: [
    'backupMethod',
    'copyExternalConfigFiles',
    'fastCheckpoint',
    'rsyncOnly',
    'verifyBackup',
  ],
} as const satisfies Partial<Record<OptionKey, readonly OptionKey[]>>;
