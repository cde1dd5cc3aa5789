/** A voter drops primary_conninfo, and its WAL receiver streams on for three seconds. */
import { type NamedHistory, tell } from './named-history.ts';

export const lingeringReceiver: NamedHistory = {
  name: '14 lingering receiver',
  rules: '3, frozen',
  variants: [
    { name: 'the primary is alive for WAL alone', restarts: false },
    { name: 'its PostgreSQL is restarted after the vote', restarts: true },
  ].map(({ name, restarts }) => ({
    name,
    options: (seed: number) => {
      const options = tell({
        nodes: 3,
        settings: { commitHoldMs: 0 },
        faults: [
          { kind: 'fillConnections', atMs: 0, target: 1, forMs: 20_000 },
          { kind: 'stopPostmaster', atMs: 0, target: 1, forMs: 20_000 },
          {
            kind: 'delayMessages',
            atMs: 0,
            message: 'heartbeat',
            from: 1,
            to: 2,
            byMs: 60_000,
            forMs: 20_000,
          },
          {
            kind: 'delayMessages',
            atMs: 0,
            message: 'heartbeat',
            from: 1,
            to: 3,
            byMs: 60_000,
            forMs: 20_000,
          },
          ...(restarts
            ? [{ kind: 'restartByHand', atMs: 0, when: { decision: 'grantVote' }, target: 3 } as const]
            : []),
        ],
        quietAtMs: 25_000,
      })(seed);
      return { ...options, habits: { ...options.habits, receiverLingerChance: 1 } };
    },
  })),
};
