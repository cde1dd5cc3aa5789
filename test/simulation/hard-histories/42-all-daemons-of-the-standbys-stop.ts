/** An upgrade stops every repmgrd but the primary's for a while; then the primary's too. */
import { type NamedHistory, tell } from './named-history.ts';

export const allDaemonsOfTheStandbysStop: NamedHistory = {
  name: '42 all daemons of the standbys stop',
  rules: '5',
  variants: [false, true].map((thePrimarysToo) => ({
    name: thePrimarysToo ? "the primary's too" : 'the standbys alone',
    options: tell({
      nodes: 3,
      faults: [
        { kind: 'killRepmgrd', atMs: 2_000, target: 2, forMs: 25_000 },
        { kind: 'killRepmgrd', atMs: 2_000, target: 3, forMs: 25_000 },
        ...(thePrimarysToo ? [{ kind: 'killRepmgrd', atMs: 12_000, target: 1, forMs: 8_000 } as const] : []),
      ],
      quietAtMs: 30_000,
    }),
    complaint: (world) =>
      world.nodeOf(1)?.server?.phase === 'writable' ? undefined : 'the primary did not serve all the time',
  })),
};
