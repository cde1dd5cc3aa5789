/** What the option table says of one option. */

export type OptionValue =
  | { readonly kind: 'none' }
  | { readonly kind: 'conninfo' | 'apply-delay'; readonly name: string }
  /** The property has milliseconds. */
  | { readonly kind: 'duration'; readonly name: string }
  /** `mayBeEmpty`: an empty value asks for the default, as libpq has it. */
  | {
      readonly kind: 'text';
      readonly name: string;
      readonly mayBeEmpty?: true;
      readonly maximumBytes?: number;
    }
  | { readonly kind: 'integer'; readonly name: string; readonly minimum: number; readonly maximum?: number }
  | { readonly kind: 'choice'; readonly name: string; readonly choices: readonly string[] }
  /** The value is optional and needs `=`; without one the property is true. */
  | { readonly kind: 'optional-integer'; readonly name: string; readonly minimum: number }
  | { readonly kind: 'optional-text'; readonly name: string }
  /** The same; without a value it is the first choice. */
  | { readonly kind: 'optional-choice'; readonly name: string; readonly choices: readonly string[] };

export interface Option {
  readonly long?: string;
  readonly short?: string;
  /** Other spellings, of other versions of repmgr. */
  readonly also?: readonly string[];
  readonly value: OptionValue;
  readonly group: 'general' | 'logging' | 'connection' | 'command';
  readonly about: string;
  /** Accepted for old scripts: a warning says that it has no effect. */
  readonly isWithoutEffect?: true;
  /** What the option asks for does not exist in this version: an error where the command would use it. */
  readonly isNotBuiltYet?: true;
}
