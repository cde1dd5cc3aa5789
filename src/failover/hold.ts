/** Hold: commits wait while too few voters are in contact, long before the fence (rule 5). */
import { contactEndsAt } from './contact.ts';
import type { Leader } from './leader-state.ts';
import type { State } from './state.ts';
import { become, begin, explain, isRunning, store, type Turn } from './turn.ts';

/** What synchronous_standby_names holds during a hold: nobody has this name. */
export const holdName = 'repmgr_hold';

export function reactHold(turn: Turn, leader: Leader): void {
  const { state } = turn;
  const isDue = holdsAt(state, leader) <= turn.now && leader.stage === 'serving';
  if (isDue && !leader.isHolding && turn.now >= leader.holdNotBefore && state.server !== null) {
    if (state.durable.heldNames === null) {
      store(turn, { heldNames: state.operatorNames });
    }
    become(turn, { ...leader, isHolding: true });
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
  const { settings } = state;
  const isOff =
    settings.commitHoldMs === 0 ||
    !settings.canHold ||
    settings.failover === 'manual' ||
    settings.synchronousQuorum > 0 ||
    leader.isPaused;
  return isOff ? Number.MAX_SAFE_INTEGER : contactEndsAt(state, leader, settings.commitHoldMs);
}

/** The hold's name never stays where nobody holds. */
export function reactHeldNames(turn: Turn): void {
  const { durable, role } = turn.state;
  const { heldNames } = durable;
  const isHolding = role.kind === 'leader' && (role.isHolding || role.stage !== 'serving');
  if (heldNames !== null && !isHolding && role.kind !== 'retiring' && !isRunning(turn.state, 'release')) {
    begin(turn, 'release', (id) => ({ kind: 'release', id, synchronousStandbyNames: heldNames }));
  }
}
