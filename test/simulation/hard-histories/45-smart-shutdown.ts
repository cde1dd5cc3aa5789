/** `pg_ctl stop -m smart` with a client that writes on. */
import { type NamedHistory, tell } from './named-history.ts';

export const smartShutdown: NamedHistory = {
  name: '45 smart shutdown',
  rules: '7',
  variants: [
    {
      name: 'one client stays',
      options: tell({
        nodes: 3,
        faults: [{ kind: 'shutDown', atMs: 1_000, target: 1, forMs: 20_000, isSmart: true }],
        quietAtMs: 25_000,
      }),
    },
  ],
};
