/** The values that a file sets, and where each one stands. */
import { findParameter } from './parameters.ts';
import type { Parameter } from './parameters/parameter.ts';
import type { ParameterValue } from './values.ts';

/** The line that set a value, and the spelling it used. */
export interface Origin {
  readonly name: string;
  readonly line: number;
  readonly file?: string | undefined;
}

interface Setting {
  readonly parameter: Parameter;
  readonly value: ParameterValue;
  readonly origin: Origin | undefined;
}

export class Settings {
  readonly #settings = new Map<string, Setting>();
  readonly #mentioned = new Set<string>();

  /**
   * Keeps a value; lists and mappings add to what earlier lines said.
   * @returns the line that this one replaces, if it replaces one
   */
  set(
    parameter: Parameter,
    variant: string | undefined,
    value: ParameterValue,
    origin: Origin,
  ): Origin | undefined {
    const key = variant === undefined ? parameter.name : `${parameter.name}.${variant}`;
    const earlier = this.#settings.get(key);
    const isAddedTo = Array.isArray(value) && Array.isArray(earlier?.value);
    const kept = isAddedTo ? [...earlier.value, ...value] : value;
    this.#settings.set(key, { parameter, value: kept as ParameterValue, origin });
    return isAddedTo ? undefined : earlier?.origin;
  }

  /** A value of the command line. */
  override(name: string, value: ParameterValue): void {
    const parameter = findParameter(name);
    if (parameter !== undefined) this.#settings.set(name, { parameter, value, origin: undefined });
  }

  /** Notes that the file names a parameter, whether or not its value can be used. */
  mention(parameter: Parameter): void {
    this.#mentioned.add(parameter.name);
  }

  isMentioned(name: string): boolean {
    return this.#mentioned.has(name) || this.has(name);
  }

  /** Whether a value was kept. */
  has(name: string): boolean {
    return this.#settings.has(name);
  }

  origin(name: string): Origin | undefined {
    return this.#settings.get(name)?.origin;
  }

  /** By property of `Config`; named variants are left out. */
  values(): Readonly<Record<string, ParameterValue>> {
    const plain = [...this.#settings].filter(([key]) => !key.includes('.'));
    return Object.fromEntries(plain.map(([, { parameter, value }]) => [parameter.property, value]));
  }

  /** The named variants of a parameter of text: NAME and value, in the order of the file. */
  textVariants(name: string): readonly (readonly [variant: string, text: string])[] {
    return this.#variants(name).flatMap(([variant, value]) =>
      typeof value === 'string' ? [[variant, value] as const] : [],
    );
  }

  /** The same for a list. */
  listVariants(name: string): readonly (readonly [variant: string, words: readonly string[]])[] {
    return this.#variants(name).flatMap(([variant, value]) =>
      Array.isArray(value) ? [[variant, value.map(String)] as const] : [],
    );
  }

  #variants(name: string): readonly (readonly [variant: string, value: ParameterValue])[] {
    const prefix = `${name}.`;
    return [...this.#settings]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { value }]) => [key.slice(prefix.length), value] as const);
  }
}
