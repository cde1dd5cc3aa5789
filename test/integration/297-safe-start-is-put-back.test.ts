/** Somebody takes away what makes the next start of a primary read-only: repmgrd puts it back. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { waitUntil } from '../../src/system/clock.ts';
import { startRepmgrds } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

it('the file and the settings come back on the primary of a cluster, whose next start is read-only then', async () => {
  const sandbox = await sandboxForTest({ nodes: 2, repmgrConf: { failover: 'automatic' } });
  await startRepmgrds(sandbox);
  const { dataDirectory, repmgrdLogFile } = sandbox.node(1);
  const inData = async (name: string) =>
    await readFile(join(dataDirectory, name), 'utf8').catch(() => undefined);
  const isArmed = async () => {
    const settings = (await inData('postgresql.auto.conf')) ?? '';
    const isWhole =
      /^restart_after_crash = 'off'$/m.test(settings) && /^restore_command = ''$/m.test(settings);
    return isWhole && (await inData('standby.signal')) !== undefined ? true : undefined;
  };
  const awaitArmed = async () => await waitUntil(isArmed, { deadlineMs: 30_000, intervalMs: 100 });
  expect(await awaitArmed()).toBe(true);

  await rm(join(dataDirectory, 'standby.signal'));
  expect(await awaitArmed(), 'the file').toBe(true);
  await sandbox.query(1, 'ALTER SYSTEM RESET ALL');
  expect(await isArmed()).toBeUndefined();
  expect(await awaitArmed(), 'the settings').toBe(true);
  expect(await readFile(repmgrdLogFile, 'utf8')).toContain(
    'what makes the next start of this primary read-only was missing: it was put back',
  );
  await sandbox.kill(1);
  await sandbox.start(1);
  expect(await sandbox.query(1, 'SELECT pg_is_in_recovery() AS r')).toEqual([{ r: true }]);
});
