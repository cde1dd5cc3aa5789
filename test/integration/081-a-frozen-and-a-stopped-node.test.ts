/** A node that never answers costs its own connect time-out, and the rows of the others are right. */
import { expect, it } from 'vitest';
import { sandboxForTest } from '../support/sandbox.ts';

/** Of the conninfos that the sandbox writes. */
const connectTimeoutMs = 2_000;

it('a frozen node costs one connect time-out and no more; a stopped one costs nothing', async () => {
  const sandbox = await sandboxForTest({ nodes: 3 });
  const timed = async (...args: string[]) => {
    const startedAtMs = performance.now();
    const result = await sandbox.repmgr(1, ['cluster', 'show', ...args]);
    return { ...result, durationMs: performance.now() - startedAtMs };
  };
  await timed();
  const healthy = await timed();

  await sandbox.freeze(3);
  const frozen = await timed();
  await sandbox.thaw(3);
  expect(frozen.exitCode).toBe(0);
  expect(frozen.stdout).toMatch(/^\* master {2}\| node1/m);
  expect(frozen.stdout).toMatch(/^ {2}standby \| node2/m);
  expect(frozen.stdout).toMatch(/^ {2}FAILED {2}\| node3/m);
  expect(frozen.stderr).toContain('WARNING: node "node3" (id 3) did not answer within 2 s');
  expect(frozen.stderr).not.toContain('ERROR');
  expect(frozen.durationMs).toBeLessThan(connectTimeoutMs + healthy.durationMs + 200);

  await sandbox.stop(3);
  const stopped = await timed('--verbose');
  expect(stopped.exitCode).toBe(0);
  expect(stopped.stderr).toMatch(/^WARNING: node "node3" \(id 3\) is unreachable: .*(refused|ECONNREFUSED)/m);
  expect(stopped.stderr).toMatch(/^ERROR: connection to node "node3" failed/m);
  expect(stopped.durationMs).toBeLessThan(connectTimeoutMs);
  expect((await timed('--csv')).stdout).toBe('1,0\n2,0\n3,-1\n');
});
