/** A voter drops primary_conninfo, and its WAL receiver streams on for three seconds. */
import { type NamedHistory, tell } from './named-history.ts';

export const lingeringReceiver: NamedHistory = {
  name: '14 lingering receiver',
  rules: '3, frozen',
  variants: [
    { name: 'the primary wakes after the vote', restarts: false },
    { name: 'a voter is restarted after its vote', restarts: true },
  ].map(({ name, restarts }) => ({
    name,
    options: (seed: number) => {
      const options = tell({
        nodes: 5,
        settings: { commitHoldMs: 0 },
        options: { clients: { intervalMs: 20, commitBytes: 200 } },
        faults: [
          // It wakes while the votes are given, and its standbys' connections are as they were.
          { kind: 'suspendHost', atMs: 0, target: 1, forMs: 5_400 + (seed % 5) * 100, isHidden: true },
          { kind: 'deafen', atMs: 0, target: 1, forMs: 20_000 },
          {
            kind: 'isolate',
            atMs: 2_000,
            when: { decision: 'standForElection' },
            target: 'candidate',
            forMs: 6_000,
          },
          ...(restarts
            ? ([
                { kind: 'killRepmgrd', atMs: 2_000, when: { decision: 'grantVote' }, target: 3, forMs: 200 },
                { kind: 'killRepmgrd', atMs: 2_000, when: { decision: 'grantVote' }, target: 4, forMs: 200 },
                { kind: 'restartByHand', atMs: 2_000, when: { decision: 'grantVote' }, target: 5 },
              ] as const)
            : []),
        ],
        quietAtMs: 25_000,
      })(seed);
      return { ...options, habits: { ...options.habits, receiverLingerChance: 1 } };
    },
  })),
};
