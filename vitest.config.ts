/** Two projects, one after the other: `unit` needs nothing; `integration` runs the built programs and real servers. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**'],
          // Some run a program; where the machine is busy that takes longer than Vitest's 5 s.
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/*.test.ts'],
          sequence: { groupOrder: 1 },
          // They wait for servers most of the time; more at once than this would disturb each other's deadlines.
          maxWorkers: 3,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
