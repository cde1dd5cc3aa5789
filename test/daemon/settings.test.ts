import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../src/config/parse.ts';
import { reloadedConfig } from '../../src/config/reload.ts';
import { type Config, resolveConfiguration } from '../../src/config/resolve.ts';
import { coreSettings, wantsGuard } from '../../src/daemon/settings.ts';
import { startRemarks } from '../../src/daemon/start-report.ts';
import type { NodeId, NodeRecord } from '../../src/model/node.ts';

const minimal = 'cluster=a\nnode=1\nnode_name=n\nconninfo=host=h\n';

function configOf(text: string): Config {
  const resolution = resolveConfiguration(parseConfiguration(minimal + text));
  if (resolution.kind === 'invalid') throw new Error(JSON.stringify(resolution.errors));
  return resolution.config;
}

function nodesOf(count: number): readonly NodeRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    id: (index + 1) as NodeId,
    role: index === 0 ? ('primary' as const) : ('standby' as const),
    upstreamNodeId: index === 0 ? undefined : (1 as NodeId),
    clusterName: 'a',
    name: `node${index + 1}`,
    conninfo: 'host=h',
    slotName: undefined,
    priority: 100,
    isActive: true,
  }));
}

function settingsOf(text: string, other: Partial<Parameters<typeof coreSettings>[1]> = {}) {
  return coreSettings(configOf(text), {
    self: 1 as NodeId,
    nodes: nodesOf(3),
    canGuard: true,
    hasStandbySignal: true,
    canHold: true,
    namesReconnect: false,
    ...other,
  });
}

describe('the settings of the core', () => {
  it('have milliseconds, and defaults that follow from the lease', () => {
    expect(settingsOf('failover=automatic\nprimary_lease_secs=10\n')).toMatchObject({
      failover: 'automatic',
      leaseMs: 10_000,
      heartbeatIntervalMs: 500,
      fenceMarginMs: 1_000,
      commitHoldMs: 1_500,
      reconnectMs: 6_000,
      electionDelayMs: 0,
      hasGuard: true,
      safeStart: true,
      nodes: [
        { id: 1, upstream: null },
        { id: 2, upstream: 1 },
        { id: 3, upstream: 1 },
      ],
    });
  });

  it('wait before an election only where the file says how long a lost server is waited for', () => {
    const text = 'failover=automatic\nreconnect_attempts=3\nreconnect_interval=10\n';
    expect(settingsOf(text, { namesReconnect: true })).toMatchObject({
      reconnectMs: 30_000,
      electionDelayMs: 30_000,
    });
  });

  it('know no negative priority, no limit without a period, and no tail without a size', () => {
    const text = 'priority=-5\nfailover_limit_secs=0\nwal_tail_max=0\n';
    expect(settingsOf(text)).toMatchObject({ priority: 0, failoverLimit: 0, walTailTimeoutMs: 0 });
  });

  it('want a guard and a safe start where failover is automatic, or where the file says so', () => {
    expect(wantsGuard(configOf('failover=manual\n'))).toBe(false);
    expect(wantsGuard(configOf('failover=manual\nfence_guard=on\n'))).toBe(true);
    expect(settingsOf('failover=automatic\n', { canGuard: false }).hasGuard).toBe(false);
    expect(settingsOf('failover=automatic\n', { hasStandbySignal: false }).safeStart).toBe(false);
  });
});

describe('what repmgrd says at its start', () => {
  const remarksOf = (text: string, nodes = nodesOf(3), other = {}) =>
    startRemarks(configOf(text), settingsOf(text, { nodes, ...other }), nodes, wantsGuard(configOf(text)));

  it('tells how long a failover takes', () => {
    expect(remarksOf('failover=automatic\n')).toEqual([
      {
        level: 'NOTICE',
        message: 'a crashed PostgreSQL is failed over at once, a dead or hanging host after 5.5 s',
        detail: 'One that hangs is given up after 6 s, one that was stopped in good order after 60 s.',
      },
    ]);
  });

  it('tells what the reconnect parameters of an old file cost', () => {
    const text = 'failover=automatic\nreconnect_attempts=6\nreconnect_interval=10\n';
    expect(remarksOf(text, nodesOf(3), { namesReconnect: true })[0]).toMatchObject({
      message: expect.stringContaining('after 60.5 s'),
      hint: expect.stringContaining('after 5.5 s'),
    });
  });

  it('warns of what prevents a failover, or makes it less safe', () => {
    const warningsOf = (...args: Parameters<typeof remarksOf>) =>
      remarksOf(...args).flatMap(({ level, message }) =>
        level === 'WARNING' ? [message.split(':')[0]] : [],
      );
    expect(warningsOf('failover=automatic\n', nodesOf(2))).toEqual([
      'this cluster has two nodes and no witness',
    ]);
    expect(warningsOf('failover=automatic\nfailover_quorum=none\n', nodesOf(2))).toEqual([
      'failover_quorum=none',
    ]);
    expect(
      warningsOf('failover=automatic\n', nodesOf(3), {
        canGuard: false,
        canHold: false,
        hasStandbySignal: false,
      }),
    ).toEqual(['there is no guard', 'commits cannot be held', 'safe start is off']);
    expect(warningsOf('failover=manual\n', nodesOf(2))).toEqual([]);
  });
});

describe('a configuration that is read again', () => {
  it('changes what may change, keeps the rest, and names what waits for a restart', () => {
    const before = configOf('failover=automatic\npriority=50\nprimary_lease_secs=5\n');
    const after = configOf(
      'failover=automatic\npriority=70\nprimary_lease_secs=9\nmonitor_interval_secs=1\n',
    );
    const { config, waiting } = reloadedConfig(before, after);
    expect(config).toMatchObject({ priority: 70, primaryLeaseMs: 5_000, monitorIntervalMs: 1_000 });
    expect(waiting).toContain('primary_lease_secs');
    expect(waiting).not.toContain('priority');
    expect(reloadedConfig(before, before)).toEqual({ config: before, waiting: [] });
  });
});
