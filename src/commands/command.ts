/** What a file in this folder exports, and what it is given. */
import type { PauseView } from '../api/view.ts';
import type { Config } from '../config/resolve.ts';
import type { Logger } from '../log/logger.ts';
import type { OptionKey } from './option-table.ts';
import type { CommandOptions } from './options.ts';

export interface CommandContext {
  readonly options: CommandOptions;
  /** What follows noun and verb: the NODE of `standby clone NODE` or `standby follow NODE`. */
  readonly operands: readonly string[];
  /** repmgr.conf with the options of the command line laid over it; undefined where none was found or is needed. */
  readonly config: Config | undefined;
  /** Of failover, as far as the repmgrd of this node knows; its notice is written already. */
  readonly pause: PauseView | undefined;
  readonly log: Logger;
  /** Writes to stdout what was asked for, and nothing else. */
  print(text: string): void;
  /** Aborted by Ctrl-C or SIGTERM: stop at the next safe point, clean up, throw `interrupted`. */
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A command ends with exit code 0, another code that is no error (node check), or by throwing RepmgrError. */
export interface CommandModule {
  run(context: CommandContext): Promise<number | void>;
}

/** One entry of the command table. */
export interface Command {
  readonly noun: string;
  /** Empty: the noun is the whole command. */
  readonly verb: string;
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly { readonly line: string; readonly about: string }[];
  /** Beside the general and the logging options, which every command takes. */
  readonly options: readonly OptionKey[];
  /** Those of them without which it cannot run. */
  readonly requires?: readonly OptionKey[];
  /** What may follow noun and verb. */
  readonly operand?: {
    readonly name: string;
    readonly isRequired: boolean;
    /** The operand is followed by a command line of its own, which is not read here. */
    readonly hasCommandLine?: true;
  };
  /** Letters that mean another option here than elsewhere. */
  readonly letters?: Readonly<Record<string, OptionKey>>;
  readonly needsConfig: boolean;
  /** False: the configuration file is not even looked for. */
  readonly readsConfig?: false;
  readonly worksAsRoot?: true;
  readonly load: () => Promise<CommandModule>;
}
