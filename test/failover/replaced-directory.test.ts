/** A node whose data were given up is of use again once an operator has cloned it. */
import { describe, expect, it } from 'vitest';
import type { ServerObservation } from '../../src/failover/server-observation.ts';
import {
  durableOfVoter,
  heartbeatOf,
  OneNode,
  registered,
  settingsOf,
  standbyServer,
} from './support/one-node.ts';

const nodes = registered(3);

/** Node 3, which has strayed, after its repmgrd heard the leader and saw this server. */
function strayed(server: Partial<ServerObservation>): OneNode {
  const self = new OneNode({ ...settingsOf(3, nodes), rejoin: 'follow' });
  self.start(durableOfVoter(nodes, { hasStrayed: true, directory: 'old' }));
  self.receive(1, heartbeatOf(nodes));
  self.observe(standbyServer({ receiver: null, ...server }));
  return self;
}

describe('a node that has strayed', () => {
  it('follows the leader once it runs on a copy that an operator made', () => {
    const self = strayed({ directory: 'new', isNewCopy: true });
    expect(self.state.durable).toMatchObject({ hasStrayed: false, isRejoining: false, replaced: {} });
    expect(self.did('follow')).toBe(true);
  });

  it.each([
    ['where its directory was only moved to another disk', { directory: 'moved' }],
    ['while its new copy does not run', { directory: 'new', isNewCopy: true, condition: 'shutDown' }],
    [
      'where its new copy was started as a primary',
      { directory: 'new', isNewCopy: true, isInRecovery: false },
    ],
  ] as const)('stays so %s', (_, server) => {
    const self = strayed(server);
    expect(self.state.durable.hasStrayed).toBe(true);
  });
});
