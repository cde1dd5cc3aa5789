/** How messages show a value of repmgr.conf: whatever could be a password is left out. */
import { parseConninfo, redactConninfo } from '../model/conninfo.ts';
import { isConninfoUri } from '../model/conninfo-uri.ts';

const redacted = '***';

/**
 * The value without its secrets. What follows the first of them is shown only in a valid connection string: elsewhere
 * it may be the rest of a password that has blanks and no quotes.
 */
export function showValue(value: string): string {
  const shown = redactConninfo(value);
  if (shown === value || parseConninfo(value).kind === 'parsed') return shown;
  return `${shown.slice(0, shown.indexOf(redacted))}${redacted} ...`;
}

/** The value of an unknown parameter: a connection string that goes on in the next line leaves its password there. */
export function showUnknownValue(name: string, value: string): string {
  return /pass|pwd|secret/i.test(name) ? redacted : showValue(value);
}

/** What repmgr 3 read where we read `value`. Half of a URI may end in the middle of its password. */
export function showOtherReading(other: string, value: string): string {
  const hasSecret = showValue(value) !== value;
  const isTellable = !hasSecret || (!isConninfoUri(value) && showValue(other) !== showValue(value));
  return isTellable ? `"${showValue(other)}"` : 'another value, which is not shown';
}
