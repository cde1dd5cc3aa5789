/** repmgrd ends in good order on a primary that has no guard: nobody takes over for a while, and it goes on after. */
import { expect, it } from 'vitest';
import { waitUntil } from '../../src/system/clock.ts';
import { awaitLeader, startRepmgrds, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

it('has failover paused before it ends, and ends that pause when it is back', async () => {
  const sandbox = await sandboxForTest({
    nodes: 3,
    repmgrConf: {
      failover: 'automatic',
      fence_guard: 'off',
      primary_lease_secs: '2',
      shutdown_grace_secs: '45',
    },
  });
  await startRepmgrds(sandbox);
  await sandbox.stopRepmgrd(1);
  const pauses = async () =>
    (await Promise.all([2, 3].map((id) => viewOf(sandbox, id)))).map((view) => view?.pause);
  const isPaused = async () => ((await pauses()).some((pause) => pause !== null) ? true : undefined);
  expect(await waitUntil(isPaused, { deadlineMs: 5_000 })).toBe(true);
  const [pause] = (await pauses()).filter((found) => found !== null && found !== undefined);
  expect(pause).toMatchObject({ reason: expect.stringContaining('no guard'), leader: 1 });

  await sandbox.kill(1);
  const { exitCode, stderr } = await sandbox.repmgr(2, ['standby', 'promote', '--dry-run']);
  expect({ exitCode, stderr }).toMatchObject({ stderr: expect.stringContaining('no guard') });
  await sandbox.start(1);
  await sandbox.startRepmgrd(1);
  await awaitLeader(sandbox, 1);
  const isOver = async () => ((await pauses()).every((found) => found === null) ? true : undefined);
  expect(await waitUntil(isOver, { deadlineMs: 10_000 })).toBe(true);
});
