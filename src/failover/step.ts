/** The core as one function: an event and a state give the next state, what is to be done, and why. */
import type { Action } from './actions.ts';
import { onActionFailed, onActionFinished } from './action-results.ts';
import { watchClocks } from './clocks.ts';
import { reactCandidate } from './candidate.ts';
import { reactCanvass, reactElection } from './election.ts';
import type { Event } from './events.ts';
import type { Explanation } from './explanation.ts';
import { reactRetiring, reactYield } from './fencing.ts';
import { reactFollowing } from './following.ts';
import { reactHeldNames } from './hold.ts';
import { reactLeader } from './leader.ts';
import { onMessage } from './message-received.ts';
import { onOperatorRequest } from './operator.ts';
import { observeServer } from './server-observed.ts';
import { hasStarted, onMetadata, onStarted } from './start.ts';
import { reactReplaced } from './replaced-directory.ts';
import type { State } from './state.ts';
import { notePause } from './pause.ts';
import { setTimer } from './timer.ts';
import { beginTurn, change, store, type Turn } from './turn.ts';
import { reactUnarmed } from './unarmed.ts';
import { reactConsideration } from './vote.ts';

export interface StepResult {
  readonly state: State;
  readonly actions: readonly Action[];
  readonly explanations: readonly Explanation[];
}

/** Total and deterministic: any event in any state gives a valid state; nothing is thrown. */
export function step(state: State, event: Event): StepResult {
  const turn = beginTurn(state, event);
  if (event.kind === 'started') {
    onStarted(turn, event);
  } else if (hasStarted(state)) {
    watchClocks(turn, state.now, event);
    handle(turn, event);
  } else {
    return { state, actions: [], explanations: [] };
  }
  notePause(turn, state.durable.record?.pause ?? null);
  react(turn);
  setTimer(turn);
  return finish(turn, state);
}

function handle(turn: Turn, event: Exclude<Event, { readonly kind: 'started' }>): void {
  switch (event.kind) {
    case 'tick':
      change(turn, { timerAt: null });
      break;
    case 'messageReceived':
      onMessage(turn, event.from, event.message);
      break;
    case 'serverObserved':
      observeServer(turn, event.server);
      break;
    case 'metadataRead':
      onMetadata(turn, event.metadata);
      break;
    case 'settingsChanged':
      change(turn, { settings: event.settings });
      break;
    case 'operatorRequested':
      onOperatorRequest(turn, event.requestId, event.request);
      break;
    case 'actionFinished':
      onActionFinished(turn, event.id, event.result);
      break;
    case 'actionFailed':
      onActionFailed(turn, event.id, event.reason, event.wasBegun);
      break;
    default:
      break;
  }
}

/** What the time and the state alone demand; a role that just changed has its say at once. */
function react(turn: Turn): void {
  /** Who asked first is voted for before this node asks for itself. */
  reactConsideration(turn);
  for (let rounds = 0; rounds < 4; rounds++) {
    const { role } = turn.state;
    reactAs(turn);
    if (turn.state.role.kind === role.kind) {
      break;
    }
  }
  reactYield(turn);
  reactHeldNames(turn);
  reactFollowing(turn);
  reactReplaced(turn);
}

function reactAs(turn: Turn): void {
  const { role } = turn.state;
  switch (role.kind) {
    case 'follower':
      reactUnarmed(turn, role);
      if (turn.state.role.kind === 'follower') {
        reactElection(turn, turn.state.role);
      }
      break;
    case 'canvassing':
      reactCanvass(turn, role);
      break;
    case 'candidate':
      reactCandidate(turn, role);
      break;
    case 'leader':
      reactLeader(turn);
      break;
    case 'retiring':
      reactRetiring(turn);
      break;
    default:
      break;
  }
}

/** One `persist` before all that rests on it; only the kill of a fence stands before. */
function finish(turn: Turn, before: State): StepResult {
  const { actions, explanations } = turn;
  const kills = actions.filter(({ kind }) => kind === 'fence');
  const others = kills.length === 0 ? actions : actions.filter(({ kind }) => kind !== 'fence');
  const isChanged = turn.state.durable !== before.durable;
  const restsOnIt = others.some(({ kind }) => kind !== 'setTimer');
  if (isChanged || (!before.isStored && restsOnIt)) {
    noteFlushedLsn(turn);
    change(turn, { isStored: true });
    const { durable } = turn.state;
    return { state: turn.state, actions: [...kills, { kind: 'persist', durable }, ...others], explanations };
  }
  return { state: turn.state, actions: kills.length === 0 ? others : [...kills, ...others], explanations };
}

function noteFlushedLsn(turn: Turn): void {
  const { durable, leaderFlushedLsn } = turn.state;
  if (durable.leader !== null && durable.leader.flushedLsn !== leaderFlushedLsn) {
    store(turn, { leader: { ...durable.leader, flushedLsn: leaderFlushedLsn } });
  }
}
