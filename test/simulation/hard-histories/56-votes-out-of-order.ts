/** Requests and answers of elections are lost, come twice, come late, and in another order. */
import type { Message } from '../../../src/failover/messages.ts';
import type { Fault } from '../history/faults.ts';
import { failsOver } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

const nodes = 5;
const ids = [1, 2, 3, 4, 5];

/** Those of the first two elections arrive in the middle of the later ones. */
function late(message: Message['kind']): readonly Fault[] {
  return ids.flatMap((from) =>
    ids
      .filter((to) => to !== from)
      .map(
        (to): Fault => ({
          kind: 'delayMessages',
          atMs: 0,
          message,
          from,
          to,
          byMs: 1_500 + from * 800 + to * 300,
          forMs: 7_500,
        }),
      ),
  );
}

const deaths: readonly Fault[] = [
  { kind: 'losePower', atMs: 1_000, target: 1, forMs: 40_000 },
  { kind: 'killPostmaster', atMs: 14_000, target: 'primary', orphansMs: 0 },
];

export const votesOutOfOrder: NamedHistory = {
  name: '56 votes out of order',
  rules: '3, 4',
  variants: [
    { name: 'late requests', faults: late('voteRequest') },
    { name: 'late answers', faults: late('voteAnswer') },
    { name: 'late words of terms given up', faults: [...late('termGivenUp'), ...late('statusAnswer')] },
    {
      name: 'half of everything is lost',
      faults: [{ kind: 'slowNetwork', atMs: 0, extraMs: 5, loss: 0.5, forMs: 22_000 } as const],
    },
    { name: 'everything comes twice, and out of order', faults: [], duplicateChance: 1, lateChance: 0.5 },
  ].map(({ name, faults, ...link }) => ({
    name,
    options: (seed: number) => {
      const options = tell({ nodes, faults: [...faults, ...deaths], quietAtMs: 42_000 })(seed);
      return { ...options, link: { ...options.link, lateMs: 3_000, ...link } };
    },
    complaint: failsOver(),
  })),
};
