/** What the sandbox commands say to what cannot be, and that nothing is left of what failed. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { processesOf } from '../support/processes-of.ts';
import { directoryForSandbox, runRepmgr, startRepmgr } from '../support/repmgr-program.ts';

const threeParts = /^ERROR: .+\nDETAIL: [^]+\nHINT: .+/m;

it('says where there is no sandbox, or something else', async () => {
  const directory = await directoryForSandbox();
  for (const words of [['status'], ['stop'], ['destroy'], ['kill', '1'], ['start', '1']]) {
    const result = await runRepmgr('sandbox', ...words, '--directory', directory);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(threeParts);
    expect(result.stderr).toContain(`there is no sandbox in "${directory}"`);
  }
  await mkdir(directory);
  await writeFile(join(directory, 'precious'), 'mine');
  const start = await runRepmgr('sandbox', 'start', '--directory', directory);
  expect(start.exitCode).toBe(1);
  expect(start.stderr).toMatch(threeParts);
  expect(start.stderr).toContain('holds "precious"');
  await writeFile(join(directory, 'sandbox.json'), '{ "kind": "toy" }');
  const foreign = await runRepmgr('sandbox', 'destroy', '--directory', directory);
  expect(foreign.exitCode).toBe(1);
  expect(foreign.stderr).toMatch(threeParts);
  expect(existsSync(join(directory, 'precious'))).toBe(true);
});

it('refuses nodes that are not there, and servers that do not run', async () => {
  const directory = await directoryForSandbox();
  await runRepmgr('sandbox', 'start', '--nodes', '1', '--directory', directory);
  for (const verb of ['kill', 'freeze', 'thaw', 'start']) {
    const unknown = await runRepmgr('sandbox', verb, '7', '--directory', directory);
    expect(unknown.exitCode).toBe(1);
    expect(unknown.stderr).toMatch(threeParts);
    expect(unknown.stderr).toContain('the sandbox has no node 7');
  }
  await runRepmgr('sandbox', 'stop', '--directory', directory);
  for (const verb of ['kill', 'freeze', 'thaw']) {
    const down = await runRepmgr('sandbox', verb, '1', '--directory', directory);
    expect(down.exitCode).toBe(1);
    expect(down.stderr).toMatch(threeParts);
    expect(down.stderr).toContain(`repmgr sandbox start --directory=${directory} 1`);
  }
});

it('makes one of two sandboxes that are started in the same directory at the same time', async () => {
  const directory = await directoryForSandbox();
  const start = ['sandbox', 'start', '--nodes', '1', '--directory', directory];
  const results = await Promise.all([runRepmgr(...start), runRepmgr(...start)]);
  const [first, second] = results.toSorted((left, right) => left.exitCode - right.exitCode);
  expect(first?.exitCode).toBe(0);
  expect(second?.exitCode).toBe(1);
  expect(second?.stderr).toMatch(threeParts);
  expect((await runRepmgr('sandbox', 'status', '--directory', directory)).stdout).toContain('node1  primary');
});

it.each(['SIGINT', 'SIGKILL'] as const)('leaves nothing of a start that %s ends', async (signal) => {
  const directory = await directoryForSandbox();
  const start = startRepmgr(['sandbox', 'start', '--nodes', '2', '--directory', directory]);
  await expect
    .poll(() => existsSync(join(directory, 'node1/postmaster.pid')), { timeout: 60_000 })
    .toBe(true);
  start.process.kill(signal);
  const { exitCode, stderr } = await start.result;
  if (signal === 'SIGINT') {
    expect(exitCode).toBe(130);
    expect(stderr).toContain('What was begun is removed.');
  }
  await expect.poll(() => existsSync(directory), { timeout: 30_000 }).toBe(false);
  await expect.poll(() => processesOf(dirname(directory)), { timeout: 30_000 }).toEqual([]);
});
