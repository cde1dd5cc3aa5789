import { describe, expect, it } from 'vitest';
import { noServer } from '../../../src/daemon/observe/observation.ts';
import { UpstreamEvents } from '../../../src/daemon/report/upstream-events.ts';
import type { KnownLeader } from '../../../src/failover/durable.ts';
import { emptyDurable, initialState } from '../../../src/failover/initial-state.ts';
import type { MonotonicMs } from '../../../src/failover/instant.ts';
import type { LsnBytes } from '../../../src/failover/position.ts';
import type { State } from '../../../src/failover/state.ts';
import type { NodeId } from '../../../src/model/node.ts';
import { plainSettings } from '../../support/failover-settings.ts';

const self = 2 as NodeId;
const start = initialState({
  ...plainSettings,
  self,
  nodes: [1, 2].map((id) => ({
    id: id as NodeId,
    name: `node${id}`,
    isWitness: false,
    upstream: id === 1 ? null : (1 as NodeId),
  })),
});
const at = (ms: number) => ({ monotonicMs: ms as MonotonicMs, bootTimeMs: ms, wallMs: ms });
/** @param upstream null: no WAL receiver; 'unknown': one whose address is that of no recorded node */
const standby = (ms: number, upstream: number | null | 'unknown', other: Partial<State> = {}): State => ({
  ...start,
  now: at(ms),
  server: {
    ...noServer,
    condition: 'running',
    isInRecovery: true,
    postmaster: '1',
    receiver:
      upstream === null
        ? null
        : { upstream: upstream === 'unknown' ? null : (upstream as NodeId), receivedLsn: 0 as LsnBytes },
  },
  ...other,
});
const tell = (events: UpstreamEvents, ...states: readonly State[]) =>
  states.flatMap((state) => events.eventsOf(state).map(({ name, details }) => `${name}: ${details}`));
const newEvents = () => new UpstreamEvents((node) => `node ${node}`);
const lost = 'repmgrd_upstream_disconnect: upstream node 1 sends no WAL any more';

describe('the events about the upstream of a standby', () => {
  it('tell that it is lost, and back after how long, each once', () => {
    expect(
      tell(
        newEvents(),
        standby(0, null),
        standby(500, 1),
        standby(1_000, null),
        standby(1_500, null),
        standby(2_000, 'unknown'),
        standby(8_000, 1),
        standby(8_500, 1),
      ),
    ).toEqual([lost, 'repmgrd_upstream_reconnect: upstream node 1 is back after 7 s']);
  });

  it('say nothing of another upstream, which it was told to follow', () => {
    const following = { running: [{ id: 7, purpose: 'follow' as const, begunAt: 0 as MonotonicMs }] };
    expect(tell(newEvents(), standby(0, 1), standby(500, null, following), standby(1_000, 3))).toEqual([]);
    expect(tell(newEvents(), standby(0, 1), standby(500, null), standby(1_000, 3))).toEqual([lost]);
  });

  it('say nothing while its own server is down, starts, or was promoted', () => {
    const down: State = { ...standby(500, null), server: { ...noServer, condition: 'crashed' } };
    const restarted = standby(1_000, null);
    const server = restarted.server && { ...restarted.server, postmaster: '2' };
    const promoted = { ...server, isInRecovery: false } as State['server'];
    expect(tell(newEvents(), standby(0, 1), down, { ...restarted, server })).toEqual([]);
    expect(tell(newEvents(), standby(0, 1), { ...restarted, server: promoted })).toEqual([]);
  });

  it('go by the heartbeats of the leader on a witness', () => {
    const heard = (ms: number, heardAt: number): State => ({
      ...start,
      now: at(ms),
      settings: {
        ...start.settings,
        nodes: start.settings.nodes.map((node) => ({ ...node, isWitness: node.id === self })),
      },
      metadata: {
        ...start.metadata,
        nodes: start.metadata.nodes.map((node) => ({ ...node, isWitness: node.id === self })),
      },
      server: noServer,
      leaderHeardAt: heardAt as MonotonicMs,
      durable: { ...emptyDurable, leader: { node: 1 as NodeId } as KnownLeader, leaseMs: 5_000 },
    });
    expect(tell(newEvents(), heard(0, 0), heard(4_000, 0), heard(5_000, 0), heard(6_000, 5_900))).toEqual([
      'repmgrd_upstream_disconnect: upstream node 1 is not heard any more',
      'repmgrd_upstream_reconnect: upstream node 1 is back after 1 s',
    ]);
  });
});
