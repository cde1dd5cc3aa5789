/** Crash recovery takes very long: no candidate lives, or one waits for as long. */
import { failsOver } from './expectations.ts';
import { type NamedHistory, type Story, tell, type Variant } from './named-history.ts';

function recovering(name: string, story: Story, complaint?: Variant['complaint']): Variant {
  return {
    name,
    options: (seed: number) => {
      const options = tell(story)(seed);
      return { ...options, habits: { ...options.habits, longRecoveryChance: 1, longRecoveryMs: 30_000 } };
    },
    ...(complaint === undefined ? {} : { complaint }),
  };
}

export const recoveryForEver: NamedHistory = {
  name: '33 recovery for ever',
  rules: '7',
  variants: [
    recovering('a witness alone is there', {
      nodes: 3,
      hasWitness: true,
      faults: [
        { kind: 'losePower', atMs: 0, target: 2, forMs: 40_000 },
        { kind: 'killPostmaster', atMs: 2_000, target: 1, orphansMs: 0 },
      ],
      quietAtMs: 42_000,
    }),
    recovering(
      'its host was away for less than a lease',
      {
        nodes: 3,
        faults: [{ kind: 'losePower', atMs: 0, target: 1, forMs: 1_000 }],
        quietAtMs: 15_000,
      },
      failsOver(),
    ),
    recovering(
      'it was restarted in place while no candidate was there',
      {
        nodes: 3,
        hasWitness: true,
        faults: [
          { kind: 'isolate', atMs: 0, target: 2, forMs: 9_000 },
          { kind: 'killPostmaster', atMs: 7_000, target: 1, orphansMs: 0 },
        ],
        quietAtMs: 20_000,
      },
      failsOver(),
    ),
  ],
};
