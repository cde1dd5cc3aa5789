/** Makes a `Config` of the lines of repmgr.conf, or the list of everything that is wrong with them. */
import { checkTogether } from './checks.ts';
import type { Config, ConfigValues, Finding } from './config.ts';
import { deriveValues } from './derive.ts';
import { identifyName } from './names.ts';
import { parameters } from './parameters.ts';
import type { Parameter, Program } from './parameters/parameter.ts';
import type { ParsedEntry, ParsedLine, ParsedProblem } from './parse.ts';
import { Settings } from './settings.ts';
import { showOtherReading, showUnknownValue, showValue } from './shown-value.ts';
import { type ParameterValue, readParameterValue } from './values.ts';

export type { Config, EventNotificationCommand, Finding, TablespaceMapping } from './config.ts';

/** A line and the file it stands in; `file` is undefined for the main one. */
export type SourcedLine = ParsedLine & { readonly file?: string | undefined };

export interface ResolveOptions {
  /** The program that asks: it warns of parameters that it should read but does not act on yet. */
  readonly program?: Program;
  /** The cluster name of `--cluster`, which wins over the file's. */
  readonly cluster?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly sourceFile?: string | undefined;
}

export type Resolution =
  | { readonly kind: 'resolved'; readonly config: Config; readonly warnings: readonly Finding[] }
  | { readonly kind: 'invalid'; readonly errors: readonly Finding[]; readonly warnings: readonly Finding[] };

/**
 * Judges all lines and finds all errors at once: unreadable lines, misspelt names, wrong types and ranges, missing
 * parameters, values that contradict each other. Durations become milliseconds and sizes bytes. It never throws.
 */
export function resolveConfiguration(
  lines: readonly SourcedLine[],
  options: ResolveOptions = {},
): Resolution {
  const settings = new Settings();
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  for (const line of lines) {
    if (line.kind === 'entry') readEntry(line, settings, errors, warnings);
    else if (line.kind !== 'include') readProblem(line, settings, errors, warnings);
  }
  if (options.cluster !== undefined) settings.override('cluster', options.cluster);
  errors.push(...findMissing(settings));
  // The table gives each property the type that ConfigValues derives from it; the compiler cannot follow it there.
  const values = { ...defaultValues(), ...settings.values() } as unknown as ConfigValues;
  const derived = deriveValues(values, settings, options.environment ?? {});
  const together = checkTogether(values, derived, settings);
  errors.push(...together.errors);
  warnings.push(...together.warnings, ...warnOfIdleParameters(settings, options.program));
  if (errors.length > 0) return { kind: 'invalid', errors: inOrder(errors), warnings: inOrder(warnings) };
  const config = { ...values, ...derived, sourceFile: options.sourceFile };
  return { kind: 'resolved', config, warnings: inOrder(warnings) };
}

function readProblem(
  problem: ParsedProblem & SourcedLine,
  settings: Settings,
  errors: Finding[],
  warnings: Finding[],
): void {
  const { kind, name, message } = problem;
  const named = name === undefined ? undefined : identifyName(name);
  switch (named?.kind) {
    case 'known':
      settings.mention(named.parameter);
      errors.push({ ...at(problem), message: kind === 'error' ? message : `"${name}" has no value` });
      return;
    case 'resembling':
      errors.push({ ...at(problem), message: noParameter(name, named.knownName) });
      return;
    case 'unknown':
      warnings.push({ ...at(problem), message: 'the line is no "name = value" and is ignored' });
      return;
    case undefined:
      (kind === 'error' ? errors : warnings).push({ ...at(problem), message });
  }
}

function noParameter(name: string | undefined, knownName: string): string {
  return `"${name}" is not a parameter, "${knownName}" is`;
}

function readEntry(
  entry: ParsedEntry & SourcedLine,
  settings: Settings,
  errors: Finding[],
  warnings: Finding[],
): void {
  const named = identifyName(entry.name);
  switch (named.kind) {
    case 'resembling':
      errors.push({ ...at(entry), message: noParameter(entry.name, named.knownName) });
      return;
    case 'unknown':
      warnings.push({
        ...at(entry),
        message: `unknown parameter "${entry.name}" with value "${showUnknownValue(entry.name, entry.value)}" is ignored`,
      });
      return;
    case 'known':
      settings.mention(named.parameter);
      warnings.push(...warnOfOtherReading(entry));
      readKnownEntry(entry, named.parameter, named.variant, settings, errors, warnings);
  }
}

function readKnownEntry(
  entry: ParsedEntry & SourcedLine,
  parameter: Parameter,
  variant: string | undefined,
  settings: Settings,
  errors: Finding[],
  warnings: Finding[],
): void {
  if (entry.value === '') {
    if (entry.isQuoted && isOptionalText(parameter)) return;
    errors.push({ ...at(entry), message: `"${entry.name}" has no value` });
    return;
  }
  const reading = readParameterValue(parameter, entry.value);
  switch (reading.kind) {
    case 'invalid':
      errors.push({ ...at(entry), message: `${entry.name}: ${reading.reason}` });
      return;
    case 'tolerated':
      warnings.push({
        ...at(entry),
        message: `${entry.name}: ${reading.reason}; "${parameter.default}" is used`,
      });
      return;
    case 'value': {
      const earlier = settings.set(parameter, variant, reading.value, entry);
      if (earlier === undefined) return;
      const place = earlier.file === entry.file ? '' : ` of ${earlier.file ?? 'the main file'}`;
      const spelling = earlier.name === entry.name ? '' : ` (there spelt "${earlier.name}")`;
      warnings.push({
        ...at(entry),
        message: `"${entry.name}" stands in line ${earlier.line}${place} too${spelling}; the last one counts`,
      });
    }
  }
}

function at(line: {
  readonly line: number;
  readonly file?: string | undefined;
}): Pick<Finding, 'file' | 'line'> {
  return { file: line.file, line: line.line };
}

/** repmgr 5 writes `log_file=''` for what is not set. */
function isOptionalText(parameter: Parameter): boolean {
  const isText = ['text', 'path', 'command', 'list', 'mapping', 'apply-delay', 'conninfo'].includes(
    parameter.kind,
  );
  return isText && !parameter.isRequired;
}

function warnOfOtherReading(entry: ParsedEntry & SourcedLine): readonly Finding[] {
  const { otherReading: other, value } = entry;
  const warnings: string[] = [];
  if (other !== undefined) {
    const before = other.value === undefined ? undefined : showOtherReading(other.value, value);
    warnings.push(before === undefined ? 'repmgr 3 ignored the line' : `repmgr 3 read ${before}`);
  }
  if (entry.hasDroppedQuotes) {
    const remedy = 'to keep them, put the whole value into quotes and write each quote inside twice';
    warnings.push(`its quotes are dropped as in repmgr 3; ${remedy}`);
  }
  if (/^"[^"]*"$/.test(value)) {
    warnings.push('the double quotes are part of the value; to quote it, use single quotes');
  }
  return warnings.map((what) => ({
    ...at(entry),
    message: `${entry.name} is read as "${showValue(value)}"; ${what}`,
  }));
}

function findMissing(settings: Settings): readonly Finding[] {
  return parameters
    .filter((parameter) => parameter.isRequired && !settings.isMentioned(parameter.name))
    .filter((parameter) => parameter.name !== 'conninfo' || !settings.has('api_listen'))
    .map(({ name }) => ({
      message: `"${name}" is missing${name === 'cluster' ? `; files of repmgr 4 and 5 need this line too: cluster = 'NAME'` : ''}`,
    }));
}

/** One warning for all of them; what nobody uses must not hide what matters. */
function warnOfIdleParameters(settings: Settings, program: Program | undefined): readonly Finding[] {
  if (program === undefined) return [];
  const idle = parameters.filter(
    (parameter) => parameter.notYetIn?.includes(program) && settings.has(parameter.name),
  );
  if (idle.length === 0) return [];
  const names = idle.map((parameter) => settings.origin(parameter.name)?.name ?? parameter.name);
  return [{ message: `this version of ${program} does not act on ${names.join(', ')} yet` }];
}

let defaults: Readonly<Record<string, ParameterValue>> | undefined;

function defaultValues(): Readonly<Record<string, ParameterValue>> {
  defaults ??= Object.fromEntries(
    parameters.map((parameter) => [parameter.property, defaultValue(parameter)]),
  );
  return defaults;
}

function defaultValue(parameter: Parameter): ParameterValue {
  if (parameter.default === undefined) return undefined;
  if (parameter.default === '') return parameter.kind === 'list' || parameter.kind === 'mapping' ? [] : '';
  const reading = readParameterValue(parameter, parameter.default);
  return reading.kind === 'value' ? reading.value : undefined;
}

/** By file and line; what belongs to no line comes last. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((left, right) => {
    if (left.file !== right.file) return left.file === undefined ? -1 : 1;
    return (left.line ?? Infinity) - (right.line ?? Infinity) || 0;
  });
}
