/** Reads the text of one value by the kind of its parameter. */
import { applyDelayInWords, isApplyDelay } from '../model/apply-delay.ts';
import { parseConninfo } from '../model/conninfo.ts';
import { parseDuration } from '../model/duration.ts';
import { parseSize } from '../model/size.ts';
import type { TablespaceMapping } from './config.ts';
import type { Parameter } from './parameters/parameter.ts';
import { showValue } from './shown-value.ts';

export type ParameterValue =
  | string
  | number
  | boolean
  | undefined
  | readonly string[]
  | readonly TablespaceMapping[];

export type ReadValue =
  | { readonly kind: 'value'; readonly value: ParameterValue }
  /** Accepted with a warning; the default holds. */
  | { readonly kind: 'tolerated'; readonly reason: string }
  /** What is wrong, such as `"10abc" is not an integer`. Passwords are masked. */
  | { readonly kind: 'invalid'; readonly reason: string };

/** Reads one value: durations become milliseconds, sizes bytes, `mapping` and `list` what one line adds. */
export function readParameterValue(parameter: Parameter, text: string): ReadValue {
  switch (parameter.kind) {
    case 'text':
    case 'path':
    case 'command':
      return readText(parameter, text);
    case 'conninfo':
      return readConninfo(text);
    case 'address':
      return readAddress(text);
    case 'apply-delay':
      return isApplyDelay(text) ? valid(text) : invalid(text, `is not ${applyDelayInWords}`);
    case 'integer':
      return /^[+-]?\d+$/.test(text)
        ? readInRange(parameter, text, Number(text), 1)
        : invalid(text, 'is not an integer');
    case 'boolean':
      return readBoolean(text);
    case 'choice':
      return readChoice(parameter, text);
    case 'list':
      return valid(
        text
          .split(',')
          .map((word) => word.trim())
          .filter((word) => word !== ''),
      );
    case 'mapping':
      return readMapping(text);
    case 'duration':
      return readDuration(parameter, text);
    case 'size':
      return readSize(parameter, text);
  }
}

function valid(value: ParameterValue): ReadValue {
  return { kind: 'value', value };
}

function invalid(text: string, reason: string): ReadValue {
  return { kind: 'invalid', reason: `"${showValue(text)}" ${reason}` };
}

function readText(parameter: Parameter, text: string): ReadValue {
  const limit = parameter.maximumBytes;
  if (limit !== undefined && Buffer.byteLength(text) > limit) {
    return invalid(text, `is longer than ${limit} bytes`);
  }
  return valid(text);
}

function readConninfo(text: string): ReadValue {
  const parsed = parseConninfo(text);
  return parsed.kind === 'parsed' ? valid(text) : invalid(text, `is no connection string: ${parsed.reason}`);
}

function readAddress(text: string): ReadValue {
  const parts = /^(\[[0-9a-fA-F:.%a-z]+\]|[^:[\]\s/]+):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[2]);
  return port >= 1 && port <= 65_535
    ? valid(text)
    : invalid(text, 'is not HOST:PORT (an IPv6 host in brackets)');
}

const trueWords: readonly string[] = ['on', 'true', 't', 'yes', 'y'];
const falseWords: readonly string[] = ['off', 'false', 'f', 'no', 'n'];

/** repmgr 3 has integers, where 0 is off and any other on; repmgr 5 and PostgreSQL have words. */
function readBoolean(text: string): ReadValue {
  const word = text.toLowerCase();
  if (trueWords.includes(word)) return valid(true);
  if (falseWords.includes(word)) return valid(false);
  return /^\d+$/.test(word) ? valid(Number(word) !== 0) : invalid(text, 'is neither on nor off');
}

function readChoice(parameter: Parameter, text: string): ReadValue {
  const choices = parameter.choices ?? [];
  const synonym = parameter.choiceSynonyms?.[text.toUpperCase()];
  const choice = synonym ?? choices.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (choice !== undefined) return valid(choice);
  const reason = `"${showValue(text)}" is none of ${choices.join(', ')}`;
  return parameter.isUnknownChoiceTolerated ? { kind: 'tolerated', reason } : { kind: 'invalid', reason };
}

function readMapping(text: string): ReadValue {
  const parts = /^((?:\\=|[^=])+)=((?:\\=|[^=])+)$/.exec(text);
  if (parts === null) return invalid(text, 'is not OLD=NEW (an equals sign in a path is written \\=)');
  const [from = '', to = ''] = parts.slice(1).map((path) => path.replaceAll('\\=', '=').trim());
  return from.startsWith('/') && to.startsWith('/')
    ? valid([{ from, to }])
    : invalid(text, 'does not name two absolute paths');
}

function readDuration(parameter: Parameter, text: string): ReadValue {
  if (parameter.isNeverAllowed && text === '-1') return valid(undefined);
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) {
    return /^[+-]?[\d.]+$/.test(text)
      ? readInRange(parameter, text, Number(text) * 1000, 1000)
      : invalid(text, 'is no time: a number of seconds, or one with ms, s, min, h or d');
  }
  return readInRange(parameter, text, milliseconds, 1000);
}

function readSize(parameter: Parameter, text: string): ReadValue {
  const bytes = parseSize(text);
  return bytes === undefined
    ? invalid(text, 'is no size: a number of bytes, or one with kB, MB, GB or TB')
    : readInRange(parameter, text, bytes, 1);
}

/** What PostgreSQL and repmgr take for an integer, and so for a number of seconds. */
const largestInteger = 2_147_483_647;

/** `unit` is what a plain number of the file counts in the unit of `value`. */
function readInRange(parameter: Parameter, text: string, value: number, unit: number): ReadValue {
  const { minimum = -Infinity, maximum = parameter.kind === 'size' ? Infinity : largestInteger } = parameter;
  const seconds = parameter.kind === 'duration' ? ' s' : '';
  if (!Number.isFinite(value)) return invalid(text, 'is not a number');
  if (value < minimum * unit)
    return invalid(text, `is less than ${minimum}${seconds}, the least that is allowed`);
  if (value > maximum * unit)
    return invalid(text, `is more than ${maximum}${seconds}, the most that is allowed`);
  return valid(value);
}
