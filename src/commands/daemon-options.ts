/** The part of the option table that only commands about repmgrd use. */
import type { Option } from './option.ts';

const flag = { group: 'command', value: { kind: 'none' } } as const;

export const daemonOptions = {
  forDuration: {
    group: 'command',
    long: 'for',
    value: { kind: 'duration', name: 'DURATION' },
    about: 'how long: seconds, or with a unit, such as 30m or 2h (default 1h, of a token 10min)',
  },
  reason: {
    group: 'command',
    long: 'reason',
    value: { kind: 'text', name: 'TEXT' },
    about: 'why, for those who wonder meanwhile',
  },
  off: { ...flag, long: 'off', about: 'end it' },
  explain: { ...flag, long: 'explain', about: 'say why, below the table' },
  detail: { ...flag, long: 'detail', about: 'print more columns' },
} as const satisfies Readonly<Record<string, Option>>;
