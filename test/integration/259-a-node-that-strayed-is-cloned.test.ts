/** What repmgrd has given up an operator makes whole by a clone, and repmgrd goes on with it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { waitUntil } from '../../src/system/clock.ts';
import { awaitStreaming, leadersView, startRepmgrds, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

it('a standby that a hand made a second primary on one timeline streams again after standby clone --force', async () => {
  const repmgrConf = { failover: 'automatic', primary_lease_secs: '2' };
  const sandbox = await sandboxForTest({ nodes: 2, repmgrConf });
  await startRepmgrds(sandbox);
  const { dataDirectory } = sandbox.node(2);
  await sandbox.stop(2);
  await rm(join(dataDirectory, 'standby.signal'));
  await sandbox.start(2);
  const isGivenUp = async () => {
    const view = await viewOf(sandbox, 2);
    const isSaid = view?.sickSigns.some((sign) => sign.includes('rejoin or clone'));
    return isSaid === true && view?.server.condition === 'crashed' ? true : undefined;
  };
  expect(
    await waitUntil(isGivenUp, { deadlineMs: 20_000, intervalMs: 100 }),
    await leadersView(sandbox),
  ).toBe(true);

  const { host, port } = sandbox.node(1);
  const source = ['-h', host, '-p', String(port), '-U', 'repmgr', '-d', 'repmgr', '-D', dataDirectory];
  const { exitCode, stderr } = await sandbox.repmgr(2, [...source, '-c', '--force', 'standby', 'clone']);
  expect(exitCode, stderr).toBe(0);
  await sandbox.start(2);
  await awaitStreaming(sandbox, 1, [2]);
  const isWell = async () => ((await viewOf(sandbox, 2))?.sickSigns.length === 0 ? true : undefined);
  expect(await waitUntil(isWell, { deadlineMs: 20_000, intervalMs: 100 }), await leadersView(sandbox)).toBe(
    true,
  );

  await sandbox.stopRepmgrd(2);
  await sandbox.startRepmgrd(2);
  const told = async () => (await sandbox.repmgr(2, ['explain', '--all', '--node', '2'])).stdout;
  await expect.poll(told, { timeout: 20_000 }).toContain('an operator has cloned it');
}, 90_000);
