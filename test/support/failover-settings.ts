/** The settings of a repmgrd in tests of the failover core: the defaults of repmgr.conf, with a guard. */
import type { Settings } from '../../src/failover/settings.ts';

export const plainSettings: Omit<Settings, 'self' | 'nodes'> = {
  failover: 'automatic',
  priority: 100,
  heartbeatIntervalMs: 500,
  leaseMs: 5_000,
  fenceMarginMs: 750,
  commitHoldMs: 1_500,
  fenceMode: 'readonly',
  hasGuard: true,
  safeStart: true,
  rejoin: 'automatic',
  failoverQuorum: 'majority',
  shutdownGraceMs: 60_000,
  failoverMaxLagBytes: 1_048_576,
  failoverLimit: 0,
  failoverLimitMs: 600_000,
  voterRemovalMs: 0,
  reconnectMs: 6_000,
  electionDelayMs: 0,
  promoteCheckTimeoutMs: 60_000,
  walTailTimeoutMs: 3_000,
  synchronousQuorum: 0,
  synchronousQuorumFallback: false,
  canHold: true,
};
