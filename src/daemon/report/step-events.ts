/** Which events one step of the core is worth: by what changed, and by what it decided. Pure. */
import type { Decision, Explanation } from '../../failover/explanation.ts';
import { namesOf } from '../../failover/names.ts';
import { isPaused } from '../../failover/pause.ts';
import type { State } from '../../failover/state.ts';
import type { NodeId } from '../../model/node.ts';
import type { ReportedEvent } from './reported-event.ts';
import { serverEvents } from './server-events.ts';

export function eventsOfStep(
  before: State,
  after: State,
  explanations: readonly Explanation[],
): readonly ReportedEvent[] {
  return [
    ...yieldEvents(before, after),
    ...holdEvents(before, after),
    ...pauseEvents(before, after),
    ...voterEvents(before, after),
    ...storageEvents(before, after),
    ...(before.server === after.server ? [] : serverEvents(before, after)),
    ...explanations.flatMap((explanation) => eventOf(explanation) ?? []),
  ];
}

const decided: Partial<Record<Decision, Pick<ReportedEvent, 'name' | 'isSuccessful'>>> = {
  promotionFailed: { name: 'repmgrd_promote_error', isSuccessful: false },
  refuseVote: { name: 'repmgrd_vote_refused', isSuccessful: true },
  diverged: { name: 'repmgrd_diverged', isSuccessful: false },
  restartInPlace: { name: 'repmgrd_restart_in_place', isSuccessful: true },
};

function eventOf({ decision, sentence }: Explanation): ReportedEvent | undefined {
  const event = decided[decision];
  return event && { ...event, details: sentence };
}

const yieldReasons = {
  crash: 'its PostgreSQL crashed',
  stall: 'its PostgreSQL hung or could not write',
  shutdown: 'its PostgreSQL was shut down and did not come back',
  fence: 'too few voters were in contact, or another node leads',
  promotionFailed: 'its promotion failed',
  handover: 'it hands over',
} as const;

function yieldEvents(before: State, { durable }: State): readonly ReportedEvent[] {
  const { yielded } = durable;
  if (yielded === null || yielded.term === before.durable.yielded?.term) return [];
  const details = `this node gives up term ${yielded.term}: ${yieldReasons[yielded.reason]}`;
  return [{ name: 'repmgrd_yield', isSuccessful: true, details }];
}

function holdEvents(before: State, after: State): readonly ReportedEvent[] {
  const [held, holds] = [isHolding(before), isHolding(after)];
  if (held === holds) return [];
  return holds
    ? [
        {
          name: 'repmgrd_commit_hold',
          isSuccessful: true,
          details: 'too few voters are in contact: commits wait',
        },
      ]
    : [{ name: 'repmgrd_commit_release', isSuccessful: true, details: 'commits wait no longer' }];
}

function isHolding({ role }: State): boolean {
  return role.kind === 'leader' && role.isHolding;
}

function pauseEvents(before: State, after: State): readonly ReportedEvent[] {
  if (after.role.kind !== 'leader' || before.role.kind !== 'leader') return [];
  const [was, is] = [isPaused(before), isPaused(after)];
  if (was === is) return [];
  const reason = (after.durable.record ?? before.durable.record)?.pause?.reason ?? '';
  return is
    ? [{ name: 'repmgrd_pause', isSuccessful: true, details: `failover is paused: ${reason}` }]
    : [{ name: 'repmgrd_unpause', isSuccessful: true, details: 'failover is not paused any more' }];
}

/** A leader tells once a change of the voters is in force. */
function voterEvents(before: State, after: State): readonly ReportedEvent[] {
  const record = after.durable.record;
  const earlier = before.durable.record;
  if (after.role.kind !== 'leader' || record === null || earlier === null) return [];
  if (record.replacedVoters !== null || earlier.replacedVoters === null) return [];
  const joined = without(record.voters, earlier.replacedVoters);
  const left = without(earlier.replacedVoters, record.voters);
  return [
    ...joined.map((node) => voterEvent('repmgrd_voter_joined', 'votes from now on', node, after)),
    ...left.map((node) => voterEvent('repmgrd_voter_left', 'has no vote any more', node, after)),
  ];
}

function voterEvent(name: string, words: string, node: NodeId, state: State): ReportedEvent {
  return { name, isSuccessful: true, details: `${namesOf(state, [node])} ${words}`, related: node };
}

function without(nodes: readonly NodeId[], others: readonly NodeId[]): readonly NodeId[] {
  return nodes.filter((node) => !others.includes(node));
}

function storageEvents(before: State, after: State): readonly ReportedEvent[] {
  if (!before.isStored || after.isStored) return [];
  return [
    { name: 'repmgrd_state_error', isSuccessful: false, details: 'the state file could not be written' },
  ];
}
