/** Checks that options and operands make sense for a command; docs/commands.md says which option belongs where. */
import { isConninfo, parseConninfo, redactConninfo } from '../model/conninfo.ts';
import type { OptionKey } from './option-table.ts';
import { type CommandOptions, nameOf, optionKeys, optionOf } from './options.ts';
import type { Command } from './command.ts';
import { commandName } from './command-name.ts';
import { commandTable } from './table.ts';
import { optionInWords, usageLine } from './usage.ts';
import type { UsageError } from './usage-error.ts';

export interface Use {
  readonly errors: readonly UsageError[];
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

function operandErrors(command: Command, operands: readonly string[]): readonly UsageError[] {
  const { noun, verb, operand } = command;
  const detail = usageLine(command);
  const extra = operands[operand === undefined ? 0 : 1];
  if (operand?.hasCommandLine === true && operands.length < 2)
    return [{ message: `${noun} ${verb} needs ${operand.name}`, detail }];
  if (extra !== undefined && operand?.hasCommandLine !== true)
    return [{ message: `too many arguments, the first of them "${redactConninfo(extra)}"`, detail }];
  if (operand?.isRequired && operands.length === 0)
    return [{ message: `${noun} ${verb} needs ${operand.name}`, detail }];
  return [];
}

function requirementErrors({ noun, verb, requires = [] }: Command, options: CommandOptions): UsageError[] {
  const missing = requires.filter((key) => options[key] === undefined);
  return missing.map((key) => ({
    message: `${noun} ${verb} needs the option "${nameOf(key)}"`,
    detail: optionInWords(key),
  }));
}

function connectionErrors({ dbname }: CommandOptions): readonly UsageError[] {
  if (dbname === undefined || !isConninfo(dbname)) return [];
  const parsed = parseConninfo(dbname);
  if (parsed.kind === 'parsed') return [];
  const message = `option "--dbname" needs a database or a connection string: ${parsed.reason}`;
  return [{ message, detail: optionInWords('dbname') }];
}

function hostErrors(command: Command, { options, operands, environment }: Call): readonly UsageError[] {
  if (command.noun !== 'standby') return [];
  const hasHost = options.host !== undefined || hostOfDbname(options.dbname) !== undefined;
  if (hasHost && operands.length > 0 && command.operand !== undefined) {
    return [
      {
        message: `the host is given twice: by an option, and as "${redactConninfo(operands[0] ?? '')}"`,
        detail:
          'A host is named once: by --host, in the connection string of --dbname, or as the last argument.',
      },
    ];
  }
  const isHostKnown = hasHost || operands.length > 0;
  if (command.verb === 'clone') {
    if (options.ignoreExternalConfigFiles && options.copyExternalConfigFiles !== undefined) {
      return [
        {
          message: '--ignore-external-config-files and --copy-external-config-files contradict each other',
          detail: 'Files from outside of the data directory are copied with the second one only.',
        },
      ];
    }
    const inEnvironment = environment['PGHOST'] ?? environment['PGSERVICE'] ?? environment['PGHOSTADDR'];
    return isHostKnown || options.upstreamConninfo !== undefined || inEnvironment !== undefined
      ? []
      : [
          {
            message: 'standby clone needs the host to copy from: -h HOST, or as the last argument',
            detail: 'Neither an option names one, nor PGHOST, PGHOSTADDR or PGSERVICE in the environment.',
          },
        ];
  }
  if (command.verb !== 'follow') return [];
  const detail =
    'With both of them "standby follow" works where the local server is down; without, it asks the local server.';
  if (options.dataDir !== undefined && !isHostKnown)
    return [{ message: 'standby follow: -D needs a host (-h)', detail }];
  if (options.host !== undefined && options.dataDir === undefined)
    return [{ message: 'standby follow: -h needs the data directory (-D)', detail }];
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
