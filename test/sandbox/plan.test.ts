import { expect, it } from 'vitest';
import { planSandbox } from '../../src/sandbox/plan.ts';

it('says where the servers come from, and one step a node', () => {
  const server = { major: '18', binDirectory: '/opt/bin', isPresent: true };
  expect(planSandbox({ server, directory: '/srv/sandbox', nodes: 2, hasRepmgrd: false })).toEqual([
    'use PostgreSQL 18 in /opt/bin',
    'make a sandbox in /srv/sandbox',
    'initialize and start "node1" on a free port, and register it as the primary',
    'clone "node1" into "node2", start it on a free port, and register it',
  ]);
  const missing = { ...server, isPresent: false };
  expect(planSandbox({ server: missing, directory: '/srv/sandbox', nodes: 1, hasRepmgrd: false })[0]).toBe(
    'fetch PostgreSQL 18 from npm into /opt/bin',
  );
});
