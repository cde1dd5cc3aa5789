/** The winner, or its repmgrd, stops after its last vote, and promotes when it goes on; meanwhile the next election ended. */
import type { Fault } from '../history/faults.ts';
import { type NamedHistory, tell } from './named-history.ts';

type Moment = NonNullable<Extract<Fault, { readonly kind: 'suspendHost' }>['when']>;

export const promotionAfterTheLease: NamedHistory = {
  name: '06 promotion after the lease',
  rules: '4',
  variants: [
    { name: 'at the moment it wins', when: { decision: 'win', thenMs: 0 }, what: 'host' } as const,
    { name: 'right before the call', when: { decision: 'promote', thenMs: 2 }, what: 'host' } as const,
    { name: 'with its vote given', when: { decision: 'standForElection', thenMs: 1 }, what: 'host' } as const,
    {
      name: 'its repmgrd alone, right before the call',
      when: { decision: 'promote', thenMs: 2 },
      what: 'repmgrd',
    } as const,
  ].map(({ name, when, what }) => ({
    name,
    options: tell({
      nodes: 5,
      settingsOf: { 4: { priority: 0 }, 5: { priority: 0 } },
      faults: [{ kind: 'losePower', atMs: 1_000, target: 1, forMs: 60_000 }, stops(what, when)],
      quietAtMs: 30_000,
    }),
  })),
};

function stops(what: 'host' | 'repmgrd', when: Moment): Fault {
  const part = { atMs: 1_500, when, target: 'candidate', forMs: 12_000 } as const;
  return what === 'host'
    ? { kind: 'suspendHost', ...part, isHidden: false }
    : { kind: 'stopRepmgrd', ...part };
}
