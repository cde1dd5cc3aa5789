/** What a failure to connect to the own server means. Pure. */
import type { ServerCondition } from '../../failover/server-observation.ts';
import type { RepmgrError } from '../../errors.ts';
import { attemptFailureOf, isNameUnknown } from '../../postgres/connection-failure.ts';

/**
 * - `starting`, `stopping`: a postmaster said so
 * - `alive`: it serves others and does not let us in: too many clients, a password, pg_hba.conf, a missing database; or
 *   the name of its host is not known, so that it could not be asked
 * - `silent`: refused by the system, or no answer
 */
export type Unreached = 'starting' | 'stopping' | 'alive' | 'silent';

/**
 * What a server that gives no answer is called. `keepsLast`: what cannot be asked is what it was, as long as the same
 * postmaster lives.
 * @param isLate it has been so for longer than a server may hang
 */
export function withoutAnswer(
  answer: Unreached,
  isLate: boolean,
  last: ServerCondition | undefined,
): { readonly condition: ServerCondition; readonly keepsLast: boolean } {
  switch (answer) {
    case 'stopping':
      return { condition: 'shuttingDown', keepsLast: true };
    case 'alive':
      return { condition: 'running', keepsLast: true };
    case 'starting':
      return { condition: isLate ? 'hanging' : 'starting', keepsLast: false };
    case 'silent':
      return { condition: isLate ? 'hanging' : (last ?? 'starting'), keepsLast: true };
  }
}

/** @param status of postmaster.pid; empty before PostgreSQL 10 */
export function meaningOf(error: RepmgrError, status: string): Unreached {
  if (error.code === 'password_refused') return 'alive';
  const attempt = attemptFailureOf(error);
  if (attempt?.kind === 'refused' || attempt?.kind === 'encryption') {
    if (attempt.code === '57P03') return isStopping(status, attempt.reason) ? 'stopping' : 'starting';
    return 'alive';
  }
  if (error.code === 'conninfo_invalid') return 'alive';
  // The postmaster listens only once it knows what it has to recover.
  if (status === 'stopping' || status === 'starting') return status;
  // A dead resolver says nothing of a server.
  return attempt !== undefined && isNameUnknown(attempt) ? 'alive' : 'silent';
}

function isStopping(status: string, reason: string): boolean {
  return status === 'stopping' || /shutting down/.test(reason);
}
