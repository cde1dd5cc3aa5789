/** What a failure to connect to the own server means. Pure. */
import type { RepmgrError } from '../../errors.ts';
import { attemptFailureOf } from '../../postgres/connection-failure.ts';

/**
 * - `starting`, `stopping`: a postmaster said so
 * - `alive`: it serves others and does not let us in: too many clients, a password, pg_hba.conf, a missing database
 * - `silent`: refused by the system, or no answer
 */
export type Unreached = 'starting' | 'stopping' | 'alive' | 'silent';

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
  return status === 'stopping' ? 'stopping' : status === 'starting' ? 'starting' : 'silent';
}

function isStopping(status: string, reason: string): boolean {
  return status === 'stopping' || /shutting down/.test(reason);
}
