/** Out of memory: repmgrd and PostgreSQL are gone together, and the server's start fails at once. */
import { type NamedHistory, tell } from './named-history.ts';

export const startThatFails: NamedHistory = {
  name: '47 start that fails',
  rules: '7',
  variants: [
    {
      name: 'with standbys',
      options: (seed: number) => {
        const options = tell({
          nodes: 3,
          faults: [
            { kind: 'killRepmgrd', atMs: 1_000, target: 1, forMs: 1_000 },
            { kind: 'killPostmaster', atMs: 1_100, target: 1, orphansMs: 0 },
          ],
          quietAtMs: 30_000,
        })(seed);
        return { ...options, habits: { ...options.habits, startFailChance: 0.8 } };
      },
    },
  ],
};
