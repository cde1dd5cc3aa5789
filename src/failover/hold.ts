/** Hold: commits wait while too few voters are in contact, long before the fence (rule 5). */
import { contactEndsAt } from './contact.ts';
import { type Leader, unknownNames } from './leader-state.ts';
import type { State } from './state.ts';
import { become, begin, change, explain, isRunning, type Turn } from './turn.ts';

/** What synchronous_standby_names holds during a hold: nobody has this name. */
export const holdName = 'repmgr_hold';

export function reactHold(turn: Turn, leader: Leader): void {
  const { state } = turn;
  const isDue = holdsAt(state, leader) <= turn.now && leader.stage === 'serving';
  if (isDue && !leader.isHolding && turn.now >= leader.holdNotBefore && state.server !== null) {
    change(turn, { mayHold: true, releaseNotBefore: turn.now });
    become(turn, { ...leader, isHolding: true, names: unknownNames(turn.now) });
    explain(turn, 5, 'hold', 'too few voters are in contact: commits wait', {
      commitHoldMs: state.settings.commitHoldMs,
    });
    begin(turn, 'hold', (id) => ({ kind: 'hold', id }));
  } else if (!isDue && leader.isHolding && leader.stage === 'serving') {
    become(turn, { ...leader, isHolding: false });
    explain(turn, 5, 'release', 'enough voters are in contact again: the waiting commits go through', {});
  }
}

/** When the hold is due if nothing more is heard. */
export function holdsAt(state: State, leader: Leader): number {
  const { settings, durable } = state;
  const isOff =
    settings.commitHoldMs === 0 ||
    !settings.canHold ||
    settings.failover === 'manual' ||
    (durable.record?.synchronous.required ?? 0) > 0 ||
    leader.isPaused;
  return isOff ? Number.MAX_SAFE_INTEGER : contactEndsAt(state, leader, settings.commitHoldMs);
}

/** The hold's name never stays where nobody holds, whoever left it: a life before, or the node that was cloned. */
export function reactHeldNames(turn: Turn): void {
  const { role, server, mayHold, releaseNotBefore } = turn.state;
  const isHolding =
    role.kind === 'leader' && (role.isHolding || role.stage !== 'serving' || role.names.told !== null);
  const isDue = (mayHold || server?.synchronousStandbyNames === holdName) && turn.now >= releaseNotBefore;
  if (isDue && !isHolding && role.kind !== 'retiring' && !isRunning(turn.state, 'release')) {
    release(turn);
  }
}

export function release(turn: Turn): void {
  const { operatorNames } = turn.state.durable;
  begin(turn, 'release', (id) => ({ kind: 'release', id, synchronousStandbyNames: operatorNames }));
}
