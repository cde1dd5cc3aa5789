/** Turns a repmgr.conf of repmgr 4 or 5 into one for this repmgr (docs/upgrading.md). Pure. */
import { identifyName } from './names.ts';
import type { Parameter } from './parameters/parameter.ts';
import type { ParsedEntry } from './parse.ts';
import type { SourcedLine } from './resolve.ts';
import { showUnknownValue, showValue } from './shown-value.ts';

export interface ConvertedConfiguration {
  readonly text: string;
  /** The same with `***` for passwords. */
  readonly shown: string;
  /** What a person should look at; each stands as a comment in the text too. */
  readonly remarks: readonly string[];
}

/** A line of the new file, and what is to be said of it. */
interface ConvertedLine {
  readonly text: string;
  readonly shown: string;
  readonly remark?: string;
}

/**
 * Names become those of the documentation, included files stand where they were included, comments are lost.
 * @param lines of a file that was resolved without errors
 */
export function convertRepmgr5Configuration(
  lines: readonly SourcedLine[],
  clusterName: string,
): ConvertedConfiguration {
  const entries = lines.filter((line) => line.kind === 'entry');
  const converted = entries
    .filter((entry, index) => !isReplaced(entry, entries.slice(index + 1)))
    .flatMap(convert);
  const remarks = converted.flatMap(({ remark }) => remark ?? []);
  const head = ['# Made from a repmgr.conf of repmgr 5.', `cluster=${written(clusterName)}`];
  const textOf = (form: 'text' | 'shown') =>
    [
      ...head,
      ...converted.flatMap(({ remark, [form]: line }) => [
        ...(remark === undefined ? [] : [`# ${remark}`]),
        line,
      ]),
    ]
      .map((line) => `${line}\n`)
      .join('');
  return { text: textOf('text'), shown: textOf('shown'), remarks };
}

/** The last one of a key counts, unless its lines add up. */
function isReplaced(entry: ParsedEntry, later: readonly ParsedEntry[]): boolean {
  const own = identifyName(entry.name);
  if (own.kind !== 'known' || ['list', 'mapping'].includes(own.parameter.kind)) return false;
  return later.some(({ name }) => {
    const other = identifyName(name);
    return other.kind === 'known' && other.parameter === own.parameter && other.variant === own.variant;
  });
}

function convert(entry: ParsedEntry): readonly ConvertedLine[] {
  const named = identifyName(entry.name);
  if (named.kind !== 'known') {
    const remark = `"${entry.name}" is no parameter of this repmgr`;
    const shown = showUnknownValue(entry.name, entry.value);
    return [{ ...line(`#${entry.name}`, entry.value, shown), remark }];
  }
  const { parameter, variant } = named;
  // The name of the cluster is the one that was asked for; empty values say nothing.
  if (parameter.name === 'cluster' || entry.value === '') return [];
  const name = variant === undefined ? parameter.name : `${parameter.name}.${variant}`;
  if (name === 'repmgr_bindir') {
    return [{ ...line(`#${name}`, entry.value), remark: 'repmgr_bindir names the programs of repmgr 5' }];
  }
  const value = parameter.kind === 'command' ? translateCommand(entry.value) : entry.value;
  const remark = remarkOn(parameter, entry.value, value);
  return [{ ...line(name, value), ...(remark === undefined ? {} : { remark }) }];
}

function line(name: string, value: string, shown = showValue(value)): ConvertedLine {
  return { text: `${name}=${written(value)}`, shown: `${name}=${written(shown)}` };
}

/** -w and -W waited and did not wait in repmgr 5; in repmgr 3 and here they mean other things. */
function translateCommand(command: string): string {
  if (!/\brepmgr\b.*\bstandby\s+follow\b/s.test(command)) return command;
  return command.replaceAll(/(?<=\s)-W(?=\s|$)/g, '--no-wait').replaceAll(/(?<=\s)-w(?=\s|$)/g, '--wait');
}

function remarkOn({ name }: Parameter, before: string, after: string): string | undefined {
  const program = /(?:^|\s)(\/\S*\/repmgr)\s/.exec(after)?.[1];
  const remarks = [
    ...(before === after ? [] : ['-w and -W of repmgr 5 are written out']),
    ...(program === undefined ? [] : [`make sure that ${program} is this repmgr, not repmgr 5`]),
  ];
  return remarks.length === 0 ? undefined : `${name}: ${remarks.join('; ')}`;
}

/** As PostgreSQL writes it, quotes and backslashes doubled; plain words need none. */
function written(value: string): string {
  if (/^[\w./%+-]+$/.test(value)) return value;
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
}
