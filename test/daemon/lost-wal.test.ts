import { describe, expect, it } from 'vitest';
import { neededWal } from '../../src/daemon/lost-wal.ts';
import { noServer } from '../../src/daemon/observe/observation.ts';
import { emptyDurable, initialState } from '../../src/failover/initial-state.ts';
import type { LsnBytes } from '../../src/failover/position.ts';
import type { ServerObservation } from '../../src/failover/server-observation.ts';
import type { State } from '../../src/failover/state.ts';
import type { NodeId } from '../../src/model/node.ts';
import { plainSettings } from '../support/failover-settings.ts';

const start = initialState({ ...plainSettings, self: 2 as NodeId, nodes: [] });
const endOfWal = 0x5000000 as LsnBytes;
const standby = (server: Partial<ServerObservation>, durable: Partial<State['durable']> = {}): State => ({
  ...start,
  durable: { ...emptyDurable, ...durable },
  server: {
    ...noServer,
    condition: 'running',
    isInRecovery: true,
    endOfWal,
    primaryConninfo: 'host=node1',
    ...server,
  },
});
const receiver = (upstream: number | null) => ({
  upstream: upstream as NodeId | null,
  receivedLsn: endOfWal,
});

describe('the WAL that a standby misses', () => {
  it('begins where its own ends, while nobody sends it any, be it that it tries', () => {
    expect(neededWal(standby({}))).toBe(0x5000000n);
    expect(neededWal(standby({ receiver: receiver(null) }))).toBe(0x5000000n);
  });

  it.each<[string, State]>([
    ['WAL streams in', standby({ receiver: receiver(1) })],
    ['it is a primary', standby({ isInRecovery: false })],
    ['its server is down', standby({ condition: 'crashed' })],
    ['it has no upstream', standby({ primaryConninfo: '' })],
    ['where its WAL ends is not known', standby({ endOfWal: null })],
    ['its data diverged', standby({}, { hasStrayed: true })],
    ['it is made a standby anew', standby({}, { isRejoining: true })],
    ['nothing was seen yet', start],
  ])('is none where %s', (_, state) => {
    expect(neededWal(state)).toBeNull();
  });
});
