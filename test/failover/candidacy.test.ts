import { describe, expect, it } from 'vitest';
import { candidacyOf } from '../../src/failover/candidacy.ts';
import type { ServerObservation } from '../../src/failover/server-observation.ts';
import type { Settings } from '../../src/failover/settings.ts';
import { durableOfVoter, OneNode, registered, settingsOf, standbyServer } from './support/one-node.ts';

/** A standby that knows all, but for what is given. */
function candidacy(server: Partial<ServerObservation>, settings: Partial<Settings> = {}): unknown {
  const nodes = registered(3);
  const standby = new OneNode(settingsOf(2, nodes, settings));
  standby.start(durableOfVoter(nodes));
  standby.observe(standbyServer(server));
  return candidacyOf(standby.state);
}

describe('whether a node may stand for election (rule 2)', () => {
  it('may where its server is up as a standby and the end of its WAL is known', () => {
    expect(candidacy({})).toEqual({ kind: 'candidate', priority: 100 });
  });

  it.each([
    [{ condition: 'crashed' }, 'its server does not run'],
    [{ condition: 'starting' }, 'its server is starting'],
    [{ condition: 'hanging', isInRecovery: null }, 'its server is starting'],
    [{ isReplayPaused: true }, 'its replay is paused by hand'],
  ] as const)('may not with a server that is %o', (server, reason) => {
    expect(candidacy(server)).toEqual({ kind: 'none', reason });
  });

  it('may not with priority 0, and only as a last resort with a delay', () => {
    expect(candidacy({}, { priority: 0 })).toEqual({ kind: 'none', reason: 'its priority is 0' });
    expect(candidacy({ hasReplayDelay: true })).toMatchObject({ kind: 'lastResort' });
  });
});
