/** Plays events from any state on, each with the state that it met. */
import type { Event } from '../../../src/failover/events.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { State } from '../../../src/failover/state.ts';
import { step, type StepResult } from '../../../src/failover/step.ts';
import type { PassedEvent } from './events.ts';
import { at } from './one-node.ts';

export interface Step extends StepResult {
  readonly before: State;
  readonly event: Event;
}

type Bare = PassedEvent['event'];

export function play(
  beginning: State,
  passed: readonly PassedEvent[],
  aim: (bare: Bare, state: State, random: number) => Bare = (bare) => bare,
): readonly Step[] {
  const steps: Step[] = [];
  let state = beginning;
  let { monotonicMs, bootTimeMs, wallMs } = beginning.now;
  for (const { afterMs, event: bare, random } of passed) {
    monotonicMs = at(monotonicMs + afterMs);
    bootTimeMs += afterMs;
    wallMs += afterMs;
    const now = { monotonicMs, bootTimeMs, wallMs };
    const event = { ...aim(bare, state, random), now, random } as Event;
    const result = step(state, event);
    steps.push({ ...result, before: state, event });
    state = result.state;
  }
  return steps;
}

/** Makes three of four events such as the state waits for: ends of its own actions, answers to its own questions, a start with its file. */
export function aimAt(bare: Bare, state: State, random: number): Bare {
  const event = bare as Event;
  if (random > 0.75) return bare;
  if (event.kind === 'actionFinished' || event.kind === 'actionFailed') {
    const aimed = state.running[event.id % Math.max(1, state.running.length)];
    return aimed === undefined ? bare : ({ ...event, id: aimed.id } as unknown as Bare);
  }
  if (event.kind === 'started') {
    const { durable, settings, metadata } = state;
    return { ...event, durable, settings, metadata } as unknown as Bare;
  }
  if (event.kind !== 'messageReceived') return bare;
  return { ...event, message: aimedMessage(event.message, state) } as unknown as Bare;
}

function aimedMessage(message: Message, { role, durable, incarnation, statusRound }: State): Message {
  const own = role.kind === 'candidate' || role.kind === 'leader' ? role.term : durable.term;
  switch (message.kind) {
    case 'heartbeatAcknowledged':
    case 'heartbeatRefused':
    case 'voteAnswer':
      return { ...message, term: own, mark: { ...message.mark, incarnation } };
    case 'statusAnswer':
      return { ...message, round: statusRound };
    case 'heartbeat':
    case 'voteRequest':
    case 'yield':
    case 'termGivenUp':
    case 'yieldAcknowledged':
      return { ...message, term: own };
    case 'statusRequest':
    case 'joinRequest':
    case 'forwardedRequest':
    case 'requestAnswer':
      return message;
    default:
      return message;
  }
}
