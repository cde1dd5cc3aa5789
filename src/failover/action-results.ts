/** Actions end, well or not; what is no longer listened to changes nothing. */
import { noteCandidateEvidence, onWalFetched } from './candidate.ts';
import { noteUnfetchable } from './missing-wal.ts';
import { giveUp } from './giving-up.ts';
import { noteStarting, undoFreeze } from './evidence.ts';
import type { ActionResult } from './events.ts';
import { onDown } from './fencing.ts';
import { holdName } from './hold.ts';
import { onNamesFailed, onNamesWritten } from './synchronous-standbys.ts';
import { onFollowed, onRejoined } from './following.ts';
import { lookAtWal } from './own-wal.ts';
import { noteAnswers } from './primary-question.ts';
import { onRestartFailed, onServersAnsweredLeader } from './return.ts';
import type { ActionPurpose, RunningAction } from './state.ts';
import { abandon, become, begin, change, explain, isRunning, later, store, type Turn } from './turn.ts';
import { onPromotionFailed } from './failed-promotion.ts';
import { onPromoted } from './winning.ts';
import { onTroubleDown } from './trouble.ts';
import { bounds } from './bounds.ts';

export function onActionFinished(turn: Turn, id: number, result: ActionResult): void {
  const action = turn.state.running.find((it) => it.id === id);
  if (action === undefined) {
    return;
  }
  abandon(turn, action.purpose);
  switch (result.kind) {
    case 'frozen':
      lookAtWal(turn, result);
      noteCandidateEvidence(turn, { frozenAt: turn.state.position });
      break;
    case 'serversAnswered':
      noteStarting(turn, result.answers);
      noteAnswers(turn, result.answers);
      noteCandidateEvidence(turn, { answers: result.answers });
      onServersAnsweredLeader(turn, result.answers);
      break;
    case 'walFetched':
      onWalFetched(turn, result);
      break;
    case 'promoted':
      onPromoted(turn, result);
      break;
    case 'down':
      onTroubleDown(turn, result);
      onDown(turn, result);
      break;
    case 'walWritten':
      markWal(turn, action, result.flushedLsn);
      break;
    case 'holdInForce':
      explain(turn, 5, 'hold', 'commits wait: a probe was seen waiting', {});
      if (action.purpose === 'setSynchronousNames') {
        onNamesWritten(turn, holdName);
      }
      break;
    case 'namesWritten':
      onNamesWritten(turn, result.synchronousStandbyNames);
      break;
    case 'done':
      onEnd[action.purpose]?.(turn);
      break;
    default:
      break;
  }
}

/** The id 0 is that of a `persist`: what is in memory is not on disk. */
export function onActionFailed(turn: Turn, id: number, reason: string, wasBegun: boolean): void {
  if (id === 0) {
    explain(turn, 1, 'storageFailed', `the state file could not be written: ${reason}`, { reason });
    change(turn, { isStored: false });
    return;
  }
  const action = turn.state.running.find((it) => it.id === id);
  if (action === undefined) {
    return;
  }
  abandon(turn, action.purpose);
  onFailure[action.purpose]?.(turn, reason, wasBegun);
}

type Failure = (turn: Turn, reason: string, wasBegun: boolean) => void;

/** What a failure changes; all else is tried again by whoever needs it. */
const onFailure: Partial<Record<ActionPurpose, Failure>> = {
  /** It does not end: it is ended, and what it could not send is fetched from its disk. */
  shutDown: (turn) => {
    begin(turn, 'takeDown', (id) => ({ kind: 'takeDown', id }));
  },
  freeze: endInquiry,
  askServers: endInquiry,
  fetchWal: (turn) => {
    const { role } = turn.state;
    if (role.kind === 'candidate' && role.tail !== null) {
      // Tried again when its owner answers "behind": a term that is given up then lets it stand.
      become(turn, { ...role, tail: null, fetchesFrom: null });
      return;
    }
    if (role.kind === 'candidate' && role.fetchesFrom !== null) {
      noteUnfetchable(turn, role.fetchesFrom);
    }
    endInquiry(turn);
  },
  promote: onPromotionFailed,
  restartInPlace: onRestartFailed,
  setSynchronousNames: onNamesFailed,
  takeDown: (turn) => {
    const { role } = turn.state;
    if (role.kind === 'leader' && role.stage === 'goingDown') {
      become(turn, { ...role, stage: 'serving', since: later(turn.now, bounds.retryMs) });
    }
  },
  release: (turn) => {
    // A hold that was begun since ends it, and may be over at any time.
    if (!isRunning(turn.state, 'hold')) {
      change(turn, { releaseNotBefore: later(turn.now, bounds.retryMs) });
    }
  },
  hold: (turn) => {
    const { role } = turn.state;
    if (role.kind === 'leader') {
      become(turn, { ...role, isHolding: false, holdNotBefore: later(turn.now, bounds.retryMs) });
    }
  },
};

/** Without the evidence there is neither a candidacy nor a vote. */
function endInquiry(turn: Turn): void {
  const { role, consideration } = turn.state;
  if (role.kind === 'candidate') {
    giveUp(turn, role);
  } else if (consideration !== null) {
    change(turn, { consideration: null });
    undoFreeze(turn);
  }
}

const onEnd: Partial<Record<ActionPurpose, (turn: Turn) => void>> = {
  unfreeze: (turn) => {
    store(turn, { frozen: null });
  },
  follow: onFollowed,
  rejoin: (turn) => {
    onRejoined(turn);
  },
  release: (turn) => {
    change(turn, { mayHold: false, releaseNotBefore: later(turn.now, bounds.retryMs) });
  },
  disarmSafeStart: (turn) => {
    store(turn, { replacedRestartAfterCrash: null });
  },
};

/** WAL written at the action's beginning: who has flushed it was in contact then. */
function markWal(
  turn: Turn,
  { begunAt }: RunningAction,
  lsn: Extract<ActionResult, { readonly kind: 'walWritten' }>['flushedLsn'],
): void {
  const { role } = turn.state;
  if (role.kind === 'leader') {
    const walMarks = [...role.walMarks.slice(1 - bounds.walMarks), { lsn, writtenAt: begunAt }];
    become(turn, { ...role, walMarks });
  }
}
