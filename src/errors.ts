/**
 * Every error that a user can meet, and the exit code that it ends a program with.
 *
 * An error has three parts, as in PostgreSQL: the message, DETAIL (what was found) and HINT (the command to run
 * next). Throw with `failure()`; `src/commands/run.ts` is the one place that turns it into lines and an exit code.
 */
import { cloneErrors } from './errors/clone.ts';
import { daemonErrors } from './errors/daemon.ts';
import { type ExitCodeName, exitCodes } from './errors/exit-codes.ts';
import { generalErrors } from './errors/general.ts';
import { nodeErrors } from './errors/nodes.ts';
import { sandboxErrors } from './errors/sandbox.ts';
import { serverErrors } from './errors/servers.ts';
import { sshErrors } from './errors/ssh.ts';
import { takeoverErrors } from './errors/takeover.ts';
import { witnessErrors } from './errors/witness.ts';

export { exitCodes } from './errors/exit-codes.ts';

/** The catalogue: what can go wrong, and the exit code that it means. docs/errors.md is generated from it. */
export const errorCatalogue = {
  ...generalErrors,
  ...serverErrors,
  ...nodeErrors,
  ...cloneErrors,
  ...sshErrors,
  ...takeoverErrors,
  ...daemonErrors,
  ...witnessErrors,
  ...sandboxErrors,
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

/** The parts that a user reads. HINT is the next command to run, or the setting to change. */
export interface ErrorParts {
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Only where one error means different exit codes in different commands, as repmgr 3 has it. */
  readonly exit?: ExitCodeName;
}

export class RepmgrError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: number;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = 'RepmgrError';
    this.code = code;
    this.exitCode = exitCodes[parts.exit ?? errorCatalogue[code].exit];
    this.detail = parts.detail;
    this.hint = parts.hint;
  }
}

/** Make an error of the catalogue: `throw failure('node_id_taken', { message, detail, hint })`. */
export function failure(code: ErrorCode, parts: ErrorParts): RepmgrError {
  return new RepmgrError(code, parts);
}
