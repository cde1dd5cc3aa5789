/** A node that voted drops primary_conninfo; its WAL receiver streams on, or comes back, while the primary lives again. */
import type { Fault } from '../history/faults.ts';
import type { HistoryOptions } from '../history/options.ts';
import { type NamedHistory, tell } from './named-history.ts';

/** A receiver takes three seconds to notice that its settings changed. */
function lingering(options: HistoryOptions): HistoryOptions {
  return { ...options, habits: { ...options.habits, receiverLingerChance: 1 } };
}

const deaf: readonly Fault[] = [{ kind: 'deafen', atMs: 0, target: 1, forMs: 20_000 }];

const restarts: readonly Fault[] = [
  { kind: 'killRepmgrd', atMs: 2_000, when: { decision: 'grantVote' }, target: 3, forMs: 200 },
  { kind: 'killRepmgrd', atMs: 2_000, when: { decision: 'grantVote' }, target: 4, forMs: 200 },
  { kind: 'restartByHand', atMs: 2_000, when: { decision: 'grantVote' }, target: 5 },
];

const wakesAfterTheVote =
  (faults: readonly Fault[]) =>
  (seed: number): HistoryOptions =>
    lingering(
      tell({
        nodes: 5,
        settings: { commitHoldMs: 0 },
        options: { clients: { intervalMs: 20, commitBytes: 200 } },
        faults: [
          // It wakes while the votes are given, and its standbys' connections are as they were.
          { kind: 'suspendHost', atMs: 0, target: 1, forMs: 6_200 + (seed % 5) * 150, isHidden: true },
          {
            kind: 'isolate',
            atMs: 2_000,
            when: { decision: 'standForElection' },
            target: 'candidate',
            forMs: 6_000,
          },
          ...faults,
        ],
        quietAtMs: 25_000,
      })(seed),
    );

const cutWhenItStands = ([from, to]: readonly [number, number]): Fault => ({
  kind: 'cutBothWays',
  atMs: 1_000,
  when: { decision: 'standForElection' },
  from,
  to,
  forMs: 9_000,
});

const restartOfTheCandidate: Fault = {
  kind: 'killRepmgrd',
  atMs: 1_000,
  when: { decision: 'standForElection', node: 2, thenMs: 1_700 },
  target: 2,
  forMs: 100,
};

export const lingeringReceiver: NamedHistory = {
  name: '14 lingering receiver',
  rules: '3, frozen',
  variants: [
    { name: 'the primary wakes after the vote', options: wakesAfterTheVote(deaf) },
    { name: 'voters are restarted after their votes', options: wakesAfterTheVote(restarts) },
    ...[false, true].map((restartsIt) => ({
      name: restartsIt ? 'a candidate that is restarted' : 'a candidate that lost',
      options: tell({
        nodes: 4,
        settingsOf: { 3: { priority: 0 }, 4: { priority: 0 } },
        faults: [
          // Back, the primary is in contact with one of three: enough to serve, too few to be confirmed.
          { kind: 'suspendHost', atMs: 0, target: 1, forMs: 7_000, isHidden: true },
          ...(
            [
              [2, 3],
              [2, 4],
              [4, 1],
              [4, 3],
            ] as const
          ).map(cutWhenItStands),
          ...(restartsIt ? [restartOfTheCandidate] : []),
        ],
        quietAtMs: 25_000,
      }),
    })),
  ],
};
