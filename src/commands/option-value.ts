/** Checks the value of one option against the option table. */
import { applyDelayInWords, isApplyDelay } from '../model/apply-delay.ts';
import { parseConninfo, redactConninfo } from '../model/conninfo.ts';
import { parseDuration } from '../model/duration.ts';
import type { OptionKey } from './option-table.ts';
import { optionOf } from './options.ts';

export type ReadValue =
  | { readonly kind: 'valid'; readonly value: string | number | boolean }
  | { readonly kind: 'invalid'; readonly error: string };

/**
 * @param rawName the option as it was written, for the error
 * @param text undefined where no value was given
 */
export function readOptionValue(key: OptionKey, rawName: string, text: string | undefined): ReadValue {
  const { value } = optionOf(key);
  if (value.kind === 'none')
    return text === undefined ? valid(true) : invalid(`option "${rawName}" takes no value`);
  if (value.kind === 'optional-text') return valid(text ?? true);
  if (value.kind === 'optional-integer' && text === undefined) return valid(true);
  if (value.kind === 'optional-choice' && text === undefined) return valid(value.choices[0] ?? '');
  if (text === undefined) return invalid(`option "${rawName}" needs a value`);
  switch (value.kind) {
    case 'optional-integer':
    case 'integer':
      return readInteger(rawName, text, value);
    case 'text':
      return readText(rawName, text, value);
    case 'optional-choice':
    case 'choice':
      return readChoice(key, rawName, text, value.choices);
    case 'conninfo':
      return readConninfoText(rawName, text);
    case 'duration':
      return readDurationText(rawName, text);
    case 'apply-delay':
      return isApplyDelay(text)
        ? valid(text)
        : invalid(`option "${rawName}" needs ${applyDelayInWords}, not "${redactConninfo(text)}"`);
  }
}

function readText(
  rawName: string,
  text: string,
  { mayBeEmpty, maximumBytes = Infinity }: { readonly mayBeEmpty?: true; readonly maximumBytes?: number },
): ReadValue {
  if (text === '' && mayBeEmpty !== true)
    return invalid(`option "${rawName}" needs a value that is not empty`);
  if (Buffer.byteLength(text) <= maximumBytes) return valid(text);
  return invalid(`option "${rawName}" takes ${maximumBytes} bytes at most, not ${Buffer.byteLength(text)}`);
}

function readInteger(
  rawName: string,
  text: string,
  range: { readonly minimum: number; readonly maximum?: number },
): ReadValue {
  const { minimum, maximum = 2_147_483_647 } = range;
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= minimum && number <= maximum) return valid(number);
  const wanted = range.maximum === undefined ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
  return invalid(`option "${rawName}" needs an integer ${wanted}, not "${redactConninfo(text)}"`);
}

function readChoice(key: OptionKey, rawName: string, text: string, choices: readonly string[]): ReadValue {
  if (!choices.includes(text))
    return invalid(`option "${rawName}" takes ${inWords(choices)}, not "${redactConninfo(text)}"`);
  return valid(key === 'logLevel' && text === 'ERR' ? 'ERROR' : text);
}

function readConninfoText(rawName: string, text: string): ReadValue {
  const parsed = parseConninfo(text);
  if (parsed.kind === 'parsed') return valid(text);
  return invalid(`option "${rawName}" needs a connection string: ${parsed.reason}`);
}

function readDurationText(rawName: string, text: string): ReadValue {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds > 0) return valid(milliseconds);
  const wanted = 'a time: seconds, or a number with ms, s, m, h or d';
  return invalid(`option "${rawName}" needs ${wanted}, not "${redactConninfo(text)}"`);
}

function inWords(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

function valid(value: string | number | boolean): ReadValue {
  return { kind: 'valid', value };
}

function invalid(error: string): ReadValue {
  return { kind: 'invalid', error };
}
