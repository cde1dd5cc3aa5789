/** The winner is suspended after its last vote, and promotes when it wakes; meanwhile the next election ended. */
import { type NamedHistory, tell } from './named-history.ts';

export const promotionAfterTheLease: NamedHistory = {
  name: '06 promotion after the lease',
  rules: '4',
  variants: [
    { name: 'at the moment it wins', decision: 'win', thenMs: 0 },
    { name: 'right before the call', decision: 'promote', thenMs: 2 },
    { name: 'with its vote given', decision: 'standForElection', thenMs: 1 },
  ].map(({ name, decision, thenMs }) => ({
    name,
    options: tell({
      nodes: 5,
      settingsOf: { 4: { priority: 0 }, 5: { priority: 0 } },
      faults: [
        { kind: 'losePower', atMs: 1_000, target: 1, forMs: 60_000 },
        {
          kind: 'suspendHost',
          atMs: 1_500,
          when: { decision: decision as 'win', thenMs },
          target: 'candidate',
          forMs: 12_000,
          isHidden: false,
        },
      ],
      quietAtMs: 30_000,
    }),
  })),
};
