import { describe, expect, it } from 'vitest';
import { type Lsn, parseLsn } from '../../src/model/lsn.ts';
import {
  canFollow,
  findDivergence,
  forkPointOf,
  historyFileName,
  parseTimelineHistory,
  type TimelineId,
  type TimelinePath,
} from '../../src/model/timeline.ts';

const timeline = (id: number) => id as TimelineId;

function lsn(text: string): Lsn {
  const parsed = parseLsn(text);
  if (parsed === undefined) {
    throw new Error(`no LSN: ${text}`);
  }
  return parsed;
}

function path(id: number, ...history: readonly [number, string][]): TimelinePath {
  const switches = history.map(([timelineId, endedAt]) => ({
    timelineId: timeline(timelineId),
    endedAt: lsn(endedAt),
    reason: '',
  }));
  return { timelineId: timeline(id), history: switches };
}

describe('parseTimelineHistory', () => {
  it('reads ancestors with their reasons, and skips comments and blank lines', () => {
    const text =
      '# made by hand\n1\t0/5000000\tno recovery target specified\n\n3\t0/7000148\tbefore 2000-01-01\n';
    expect(parseTimelineHistory(text)).toEqual([
      { timelineId: 1, endedAt: lsn('0/5000000'), reason: 'no recovery target specified' },
      { timelineId: 3, endedAt: lsn('0/7000148'), reason: 'before 2000-01-01' },
    ]);
  });

  it.each(['x\t0/1\t', '1\tnowhere\t', '2\t0/1\t\n1\t0/2\t', '0\t0/1\t'])('refuses %j', (text) => {
    expect(parseTimelineHistory(text)).toBeUndefined();
  });
});

it('knows where an ancestor was left', () => {
  const { history } = path(3, [1, '0/5'], [2, '0/9']);
  expect(forkPointOf(history, timeline(2))).toBe(9n);
  expect(forkPointOf(history, timeline(3))).toBeUndefined();
});

it('writes the name of a history file in hexadecimal', () => {
  expect(historyFileName(timeline(26))).toBe('0000001A.history');
});

describe('findDivergence', () => {
  it('finds two servers still on the same timeline', () => {
    expect(findDivergence(path(1), path(1))).toEqual({ timelineId: 1, divergedAt: undefined });
  });

  it('finds where the promoted one left', () => {
    expect(findDivergence(path(1), path(2, [1, '0/500']))).toEqual({
      timelineId: 1,
      divergedAt: lsn('0/500'),
    });
  });

  it('does not take two timelines of the same number for one', () => {
    const one = path(2, [1, '0/500']);
    const other = path(2, [1, '0/600']);
    expect(findDivergence(one, other)).toEqual({ timelineId: 1, divergedAt: lsn('0/500') });
  });

  it('finds nothing in common where a history was cut short', () => {
    expect(findDivergence(path(3, [2, '0/900']), path(1))).toBeUndefined();
  });
});

describe('canFollow', () => {
  const upstream = path(2, [1, '0/500']);

  it('lets a standby follow that is behind the fork point, or at it', () => {
    expect(canFollow({ ...path(1), lsn: lsn('0/400') }, upstream)).toBe(true);
    expect(canFollow({ ...path(1), lsn: lsn('0/500') }, upstream)).toBe(true);
  });

  it('refuses one that wrote beyond the fork point', () => {
    expect(canFollow({ ...path(1), lsn: lsn('0/501') }, upstream)).toBe(false);
  });

  it('refuses one on a timeline of its own, and one ahead of its upstream in timelines', () => {
    expect(canFollow({ ...path(2, [1, '0/600']), lsn: lsn('0/600') }, upstream)).toBe(false);
    expect(canFollow({ ...upstream, lsn: lsn('0/600') }, path(1))).toBe(false);
  });
});
