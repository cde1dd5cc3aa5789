/** How a stopped node comes back by hand: as it is, by a rewind, or not at all. */
import { describe, expect, it } from 'vitest';
import { planRejoin, type RejoinFacts, type RejoinWish } from '../../../src/cluster/rejoin/plan.ts';
import type { RepmgrError } from '../../../src/errors.ts';
import type { ControlFile } from '../../../src/postgres/control-file.ts';
import { lsn } from '../disagreements/a-cluster.ts';
import { facts, left, timeline, wish } from '../follow/a-follow.ts';

const rejoin: RejoinWish = { ...wish, mayRewind: true, divergedDirectory: '/state/diverged' };

/** Node 3 was left on timeline 1; node 2, the primary, left that at 0/5000060. */
function stopped(end: string, changes: Partial<RejoinFacts> = {}, state = 'shut down'): RejoinFacts {
  const control: ControlFile = {
    systemIdentifier: '74',
    state: state as ControlFile['state'],
    checkpointLsn: lsn('0/5000028'),
    timelineId: timeline(1),
    minimumRecoveryLsn: undefined,
  };
  const position = { timelineId: timeline(1), lsn: lsn(end), history: [] };
  const found = facts({ local: { position, state: { kind: 'stopped', control } } });
  return { ...found, damage: undefined, obstacle: undefined, ...changes };
}

function refusal(given: RejoinFacts, changes: Partial<RejoinWish> = {}): RepmgrError {
  try {
    planRejoin(given, { ...rejoin, ...changes });
  } catch (error) {
    return error as RepmgrError;
  }
  throw new Error('it was not refused');
}

describe('a node that rejoins', () => {
  it('follows as it is where nothing diverged, also with --force-rewind', () => {
    const plan = planRejoin(stopped('0/5000060'), rejoin);
    expect(plan.rewind).toBeUndefined();
    expect(plan.follow.activation).toBe('start');
  });

  it('gives up by a rewind what it has beyond the fork, and follows from there', () => {
    const plan = planRejoin(stopped('0/6000000'), rejoin);
    expect(plan.rewind).toEqual({
      timelineId: 1,
      divergedAt: lsn('0/5000060'),
      endOfWal: lsn('0/6000000'),
    });
    expect(plan.steps.slice(0, 2)).toEqual([
      'keep the WAL from 0/5000060 to 0/6000000, which only this server has, in "/state/diverged"',
      expect.stringContaining('rewind "/data" with pg_rewind to what node'),
    ]);
    expect(plan.facts.local.position).toMatchObject({ timelineId: 1, lsn: lsn('0/5000060') });
  });

  it('is not waited for with -W', () => {
    const steps = (streamingMs: number) =>
      planRejoin(stopped('0/5000060'), { ...rejoin, streamingMs }).steps.join('\n');
    expect(steps(1_000)).toContain('wait up to 1 seconds');
    expect(steps(0)).not.toContain('wait up to');
  });
});

describe('a rejoin is refused', () => {
  it('where it diverged and nobody said --force-rewind, which the hint names', () => {
    const { code, hint } = refusal(stopped('0/6000000'), { mayRewind: false });
    expect(code).toBe('rejoin_refused');
    expect(hint).toContain('repmgr -f node3.conf node rejoin --force-rewind');
  });

  it.each<[string, RejoinFacts, string]>([
    [
      'pg_rewind is missing',
      stopped('0/6000000', { obstacle: 'pg_rewind is not installed' }),
      'not installed',
    ],
    ['only a clone helps', stopped('0/5000060', { damage: 'a rewind was not completed' }), 'not completed'],
    ['it was not stopped in good order', stopped('0/6000000', {}, 'in production'), 'good order'],
    [
      'both gave one number to different timelines',
      {
        ...stopped('0/6000000'),
        local: {
          ...stopped('0/6000000').local,
          position: { timelineId: timeline(2), lsn: lsn('0/6000000'), history: left([1, '0/4000060']) },
        },
      },
      'could not see',
    ],
  ])('where %s', (_, given, said) => {
    const { code, message } = refusal(given);
    expect(code).toBe('rejoin_refused');
    expect(message).toContain(said);
  });
});
