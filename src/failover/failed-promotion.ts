/** A promotion that failed, or did not end in time: the term is given up, and the next attempt waits (rule 4). */
import { bounds } from './bounds.ts';
import { goDown, rest } from './fencing.ts';
import type { Leader } from './leader-state.ts';
import { closeTerms } from './open-terms.ts';
import { membersOf } from './quorum.ts';
import type { State } from './state.ts';
import type { Term } from './term.ts';
import { abandon, change, explain, later, send, store, type Turn } from './turn.ts';

/** Not writable in time, and it replays nothing any more: it can't be recalled, only ended. */
export function reactPromotion(turn: Turn, leader: Leader): void {
  if (leader.stage === 'promoting' && turn.now >= promotionIsLateAt(turn.state, leader)) {
    abandon(turn, 'promote');
    onPromotionFailed(turn, 'it is late', true);
  }
}

export function promotionIsLateAt({ settings }: State, { since, replay }: Leader): number {
  return Math.max(since + settings.promoteCheckTimeoutMs, replay.movedAt + bounds.replayStillMs);
}

/** A promotion that was not called because it came too late is a term given up; any other can't be recalled. */
export function onPromotionFailed(turn: Turn, reason: string, wasBegun: boolean): void {
  const { role, durable, settings } = turn.state;
  if (role.kind !== 'leader' || role.stage !== 'promoting') {
    return;
  }
  explain(turn, 4, 'promotionFailed', `the promotion in term ${role.term} failed: ${reason}`, {
    term: role.term,
  });
  if (!wasBegun && durable.record !== null) {
    const givenUp = Math.max(durable.givenUp, durable.leading?.askedTerm ?? role.term) as Term;
    store(turn, { leading: null, givenUp });
    closeTerms(turn, (open) => open.term === role.term);
    rest(turn);
    change(turn, { lease: { kind: 'ended', by: 'givenUp' } });
    for (const node of membersOf(durable.record)) {
      if (node !== settings.self) {
        send(turn, node, { kind: 'termGivenUp', term: role.term });
      }
    }
    return;
  }
  notePromotionFailed(turn);
  goDown(turn, 'promotionFailed', 'fence');
}

/** What fails on every standby would else end and start all their servers without a pause. */
function notePromotionFailed(turn: Turn): void {
  const failedPromotions = turn.state.failedPromotions + 1;
  const waitMs = bounds.promotionRetryMs * 2 ** (failedPromotions - 1);
  const standsNotBefore = later(turn.now, Math.min(waitMs, bounds.promotionRetryMaxMs));
  change(turn, { failedPromotions, standsNotBefore });
}
