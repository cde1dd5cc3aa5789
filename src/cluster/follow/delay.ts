/**
 * recovery_min_apply_delay, with which the startup process looks for its upstream only when it has replayed what the
 * server holds: after hours, perhaps. Pure.
 */
import type { RecoverySettings } from '../../postgres/recovery-config.ts';
import type { LocalFacts } from './local.ts';

/** As it will be with the settings; undefined where there is no delay. */
export function applyDelay({ settings, state }: LocalFacts, changed: RecoverySettings): string | undefined {
  const inForce = state.kind === 'running' ? state.recoveryMinApplyDelay : undefined;
  const name = 'recovery_min_apply_delay';
  const delay = changed[name] ?? inForce ?? settings?.[name];
  return delay === undefined || /^0+\s*[a-z]*$/.test(delay) ? undefined : delay;
}

/** Whether the server holds WAL that it has not replayed yet, and must not for some time. */
export function isDelayed(local: LocalFacts, changed: RecoverySettings): boolean {
  const { position, state } = local;
  if (applyDelay(local, changed) === undefined || position === undefined) return false;
  const replayed = state.kind === 'running' ? state.status.replayedLsn : state.control.minimumRecoveryLsn;
  return replayed === undefined || replayed < position.lsn;
}
