/** The type of a resolved configuration; it follows from the parameter table. */
import type { KnownParameter } from './parameters.ts';

/** The old path of a tablespace and its new one, as `tablespace_mapping` has them. */
export interface TablespaceMapping {
  readonly from: string;
  readonly to: string;
}

/** A command to run for events; `events` empty: for all. `name` is undefined for the one without a name. */
export interface EventNotificationCommand {
  readonly name: string | undefined;
  readonly command: string;
  readonly events: readonly string[];
}

type ValueOf<P extends KnownParameter> = P extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : P['kind'] extends 'integer' | 'duration' | 'size'
    ? number
    : P['kind'] extends 'boolean'
      ? boolean
      : P['kind'] extends 'list'
        ? readonly string[]
        : P['kind'] extends 'mapping'
          ? readonly TablespaceMapping[]
          : string;

/** Set by the file or by a default; `-1` for "never" is undefined in any case. */
type IsAlwaysSet<P extends KnownParameter> = P extends { readonly isNeverAllowed: true }
  ? false
  : P extends { readonly default: string } | { readonly isRequired: true }
    ? true
    : false;

/** One property for each parameter of the table: durations in milliseconds, sizes in bytes. */
export type ConfigValues = {
  readonly [P in KnownParameter as P['property']]: IsAlwaysSet<P> extends true
    ? ValueOf<P>
    : ValueOf<P> | undefined;
};

/** What follows from several parameters, and so is never undefined. */
export interface DerivedValues {
  readonly nodeName: string;
  /** Empty for a witness without PostgreSQL, which has `api_listen` instead. */
  readonly conninfo: string;
  /** All commands, the one without a name first. */
  readonly eventNotificationCommands: readonly EventNotificationCommand[];
  /** The host of Barman in either meaning of `barman_server`; undefined: no cloning from Barman. */
  readonly barmanHost: string | undefined;
  /** The name of the cluster in Barman. */
  readonly barmanServer: string | undefined;
  readonly pgbouncerAdminConninfos: readonly string[];
  /** HOST:PORT. */
  readonly apiListen: string;
  readonly apiAdvertise: string;
  readonly heartbeatIntervalMs: number;
  readonly fenceMarginMs: number;
  /** 0: commits are never held back. */
  readonly commitHoldMs: number;
  readonly safeStart: boolean;
  readonly shutdownGraceMs: number;
  readonly repmgrdStandbyStartupTimeoutMs: number;
}

/** A resolved configuration. */
export type Config = Omit<ConfigValues, keyof DerivedValues> &
  DerivedValues & {
    /** The absolute path of the file, undefined where the values came from elsewhere (tests, the sandbox). */
    readonly sourceFile: string | undefined;
  };

/** Something to tell about a file; `line` is undefined where no line is to blame. */
export interface Finding {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}
