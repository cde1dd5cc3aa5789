/** The power of all hosts fails; they come back one after the other, those with the oldest WAL and records first. */
import type { Fault } from '../history/faults.ts';
import { all, isWell } from './expectations.ts';
import { type NamedHistory, tell, type Variant } from './named-history.ts';

/** Node 5 was away since the first second, node 4 since the third: both are behind, and in an older term. */
const stale: readonly Fault[] = [
  { kind: 'losePower', atMs: 0, target: 5, forMs: 30_000 },
  { kind: 'losePower', atMs: 2_000, target: 4, forMs: 30_000 },
  { kind: 'killPostmaster', atMs: 4_000, target: 1, orphansMs: 0 },
];

/** @param order of return @param everyMs between two of them */
function offAndOn(name: string, order: readonly number[], everyMs: number, safeStart = true): Variant {
  const returns = order.map((target, index): Fault => {
    const isStale = target > 3;
    const away = isStale ? (target === 5 ? 0 : 2_000) : 12_000;
    return { kind: 'losePower', atMs: away, target, forMs: 22_000 + index * everyMs - away };
  });
  return {
    name,
    options: tell({
      nodes: 5,
      settings: { safeStart, leaseMs: 5_000 },
      options: { serviceStartMs: 300, repmgrdRestartMs: 400 },
      faults: [...returns, ...stale.filter(({ kind }) => kind !== 'losePower')],
      quietAtMs: 26_000 + order.length * everyMs + 66_000,
    }),
    complaint: all(isWell, (world) =>
      world.nodes.every(({ server }) => (server?.directory.branch.timeline ?? 0) >= 2)
        ? undefined
        : 'somebody is on the first timeline still',
    ),
  };
}

export const everythingOffAndOn: NamedHistory = {
  name: '60 everything off and on',
  rules: '1, 9',
  variants: [
    offAndOn('the stalest first', [5, 4, 1, 3, 2], 4_000),
    offAndOn('the stalest first, and slowly', [5, 4, 1, 3, 2], 20_000),
    offAndOn('the last primary first', [2, 3, 1, 4, 5], 4_000),
    offAndOn('all at once', [5, 4, 1, 3, 2], 0),
    offAndOn('servers that come back writable', [5, 4, 1, 3, 2], 4_000, false),
  ],
};
