/** What the command line said, by the names of the option table; what was not given is undefined. */
import type { Option } from './option.ts';
import { type OptionKey, optionTable } from './option-table.ts';

type ValueOf<O extends Option> = O['value'] extends { readonly choices: readonly (infer Choice)[] }
  ? Exclude<Choice, 'ERR'>
  : O['value']['kind'] extends 'none'
    ? true
    : O['value']['kind'] extends 'integer' | 'duration'
      ? number
      : O['value']['kind'] extends 'optional-integer'
        ? number | boolean
        : O['value']['kind'] extends 'optional-text'
          ? string | true
          : string;

/** `waitSync`, `waitStart` and `wait` are seconds, or true where no number was given. ERR of `--log-level` is ERROR. */
export type CommandOptions = {
  readonly [Key in OptionKey]?: ValueOf<(typeof optionTable)[Key]> | undefined;
};

/** Of a command that may be told which server to connect to. */
export const connectionOptions = ['dbname', 'host', 'port', 'username'] as const;

export const optionKeys = Object.keys(optionTable) as readonly OptionKey[];

/** The entry of an option, with the parts that only some of them have. */
export function optionOf(key: OptionKey): Option {
  return optionTable[key];
}

/** All long names of an option, without dashes; the one that help shows is the first. */
export function longNamesOf(key: OptionKey): readonly string[] {
  const { long, also = [] } = optionOf(key);
  return long === undefined ? also : [long, ...also];
}

/** An option as messages name it: `--host`, or `-I` where there is no long name. */
export function nameOf(key: OptionKey): string {
  const { long, short } = optionOf(key);
  return long === undefined ? `-${short}` : `--${long}`;
}
