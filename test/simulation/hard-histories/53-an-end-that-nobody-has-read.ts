/** The voter that has most was restarted and replays for long; the leader's own WAL can't be read. */
import { type NamedHistory, tell } from './named-history.ts';

export const anEndThatNobodyHasRead: NamedHistory = {
  name: '53 an end that nobody has read',
  rules: '3, position',
  variants: [
    {
      name: 'replay is blocked',
      options: tell({
        nodes: 3,
        settingsOf: { 3: { priority: 0 } },
        hosts: { 1: { hasOneDisk: false } },
        options: { clients: { intervalMs: 50, commitBytes: 500 } },
        faults: [
          { kind: 'cutBothWays', atMs: 0, from: 1, to: 2, forMs: 3_400 },
          { kind: 'killRepmgrd', atMs: 2_400, target: 3, forMs: 50 },
          { kind: 'blockReplay', atMs: 2_500, target: 3, forMs: 12_000 },
          { kind: 'restartByHand', atMs: 2_500, target: 3 },
          { kind: 'failDisk', atMs: 3_400, target: 1, isStateDisk: false, forMs: 20_000 },
        ],
        quietAtMs: 25_000,
      }),
    },
  ],
};
