/** A standby that says "you are behind me" takes part in the election, though it gives no vote. */
import type { Fault } from '../history/faults.ts';
import { type NamedHistory, tell } from './named-history.ts';

const cut = (from: number, to: number, atMs: number): Fault => ({
  kind: 'cutBothWays',
  atMs,
  from,
  to,
  forMs: 14_000,
});

/** Of the standby that says so. */
const loss: Fault = { kind: 'loseState', atMs: 1_600, when: { decision: 'win', node: 3 }, target: 2 };

/** Names 2 and 3; node 4 is attached to 3, node 5 is a witness. 1 wakes while 3 leads, and reaches 2 alone. */
export const thePositionThatDidNotBind: NamedHistory = {
  name: '20 the position that did not bind',
  rules: '3, 13',
  variants: (
    [
      [6_000, false],
      [6_300, false],
      [6_600, false],
      [7_000, false],
      [8_700, true],
      [9_000, true],
      [9_400, true],
    ] as const
  ).map(([forMs, losesState]) => ({
    name: `suspended for ${forMs} ms${losesState ? ', and its state file is lost' : ''}`,
    options: tell({
      nodes: 5,
      hasWitness: true,
      upstreams: { 4: 3 },
      settings: { synchronousQuorum: 1 },
      settingsOf: { 2: { priority: 0 }, 4: { priority: 0 } },
      options: { clients: { intervalMs: 30, commitBytes: 300 } },
      faults: [
        cut(1, 3, 0),
        { kind: 'suspendHost', atMs: 1_500, target: 1, forMs, isHidden: true },
        cut(1, 4, 1_600),
        cut(1, 5, 1_600),
        {
          kind: 'delayMessages',
          atMs: 1_600,
          when: { decision: 'answerBehind', node: 2 },
          message: 'voteRequest',
          from: 3,
          to: 2,
          byMs: 20_000,
          forMs: 10_000,
        },
        ...(losesState ? [loss] : []),
        { ...cut(2, 3, 1_600), when: { decision: 'win', node: 3 } },
        { ...cut(2, 4, 1_600), when: { decision: 'win', node: 3 } },
      ],
      quietAtMs: 25_000,
    }),
  })),
};
