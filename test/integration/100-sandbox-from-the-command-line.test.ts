/** The life of a sandbox as somebody types it: each command is a process of its own, the servers outlive them all. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processesOf } from '../support/processes-of.ts';
import { directoryForSandbox, runRepmgr } from '../support/repmgr-program.ts';

/** Runs `repmgr sandbox` there, which must succeed. */
function sandboxIn(directory: string) {
  return async (...words: string[]) => {
    const result = await runRepmgr('sandbox', ...words, '--directory', directory);
    expect(result, `sandbox ${words.join(' ')}\n${result.stderr}`).toMatchObject({ exitCode: 0 });
    return result;
  };
}

it('starts, shows, kills, freezes, stops, starts again and destroys a cluster', async () => {
  const directory = await directoryForSandbox();
  const sandbox = sandboxIn(directory);
  const roles = async (): Promise<string[]> => {
    const { stdout } = await sandbox('status', '--json');
    const { nodes } = JSON.parse(stdout) as { nodes: { name: string; role: string }[] };
    return nodes.map(({ name, role }) => `${name}: ${role}`);
  };

  const planned = await sandbox('start', '--nodes', '2', '--dry-run');
  expect(planned.stdout).toContain('clone "node1" into "node2"');
  expect(existsSync(directory)).toBe(false);

  const started = await sandbox('start', '--nodes', '2');
  expect(started.stdout).toMatch(
    /^node1 {2}primary, 1 standby streams from it {2}host=127\.0\.0\.1 port=\d+ /m,
  );
  expect(started.stdout).toMatch(/^node2 {2}standby, streams from node1 {9}host=127\.0\.0\.1 port=\d+ /m);
  expect(started.stdout).toMatch(/sandbox run --directory=\S+ 2 standby promote +# make node2 the primary$/m);
  expect((await sandbox('status')).stdout.split('\n')).toHaveLength(3);

  await sandbox('kill', '2');
  expect((await roles())[1]).toBe('node2: down, not in good order: killed or crashed');
  await sandbox('start', 'node2');
  await expect
    .poll(roles)
    .toEqual(['node1: primary, 1 standby streams from it', 'node2: standby, streams from node1']);

  await sandbox('freeze', '1');
  expect((await roles())[0]).toBe('node1: frozen: its processes are stopped, nothing is answered');
  await sandbox('thaw', '1');
  expect((await roles())[0]).toMatch(/^node1: primary/);

  await sandbox('freeze', '2');
  await sandbox('stop');
  expect(await roles()).toEqual(['node1: stopped', 'node2: stopped']);
  expect(processesOf(directory)).toEqual([]);
  const again = await sandbox('start', '--nodes', '5');
  expect(again.stderr).toContain('stays as it was made');
  await expect
    .poll(roles)
    .toEqual(['node1: primary, 1 standby streams from it', 'node2: standby, streams from node1']);

  expect((await sandbox('kill', '1', '--dry-run')).stdout).toContain('SIGKILL');
  expect((await sandbox('destroy', '--dry-run')).stdout).toContain(directory);
  expect((await roles())[0]).toMatch(/^node1: primary/);
  await sandbox('destroy');
  expect(existsSync(directory)).toBe(false);
  expect(processesOf(directory)).toEqual([]);
});

it('runs repmgr on its nodes, with the output and the exit code of that repmgr', async () => {
  const directory = await directoryForSandbox();
  await runRepmgr('sandbox', 'start', '--nodes', '1', '--directory', directory);
  const run = (...words: string[]) => runRepmgr('sandbox', 'run', `--directory=${directory}`, ...words);
  expect(await run('1', 'cluster', 'show', '--csv')).toEqual({ exitCode: 0, stdout: '1,0\n', stderr: '' });
  expect(await run('node1', '--', 'cluster', 'show', '--csv')).toMatchObject({ stdout: '1,0\n' });
  const refused = await run('1', 'standby', 'promote', '--dry-run');
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('ERROR');
  const planned = await run('--dry-run', '1', 'standby', 'promote');
  expect(planned).toEqual({
    exitCode: 0,
    stdout: `run repmgr -f ${join(directory, 'node1.conf')} standby promote\n`,
    stderr: '',
  });
  expect((await run('1')).stderr).toContain('sandbox run needs NODE COMMAND...');
});

it('fails over by itself where it was made with a repmgrd beside each server, and is stopped and started with them', async () => {
  const directory = await directoryForSandbox();
  const sandbox = sandboxIn(directory);
  const roles = async (): Promise<string[]> => {
    const { stdout } = await sandbox('status', '--json');
    return (JSON.parse(stdout) as { nodes: { role: string }[] }).nodes.map(({ role }) => role);
  };
  const planned = await sandbox('start', '--with-repmgrd', '--dry-run');
  expect(planned.stdout).toContain('start a repmgrd beside each server\n');
  const { stdout } = await sandbox('start', '--nodes', '2', '--with-repmgrd');
  expect(stdout).toMatch(/kill --directory=\S+ 1 --server-only +# let PostgreSQL crash on the primary$/m);

  await sandbox('kill', '1', '--server-only');
  const swapped = ['standby, streams from node2', 'primary, 1 standby streams from it'];
  await expect.poll(roles, { timeout: 20_000 }).toEqual(swapped);

  await sandbox('stop');
  await expect.poll(() => processesOf(directory), { timeout: 5_000 }).toEqual([]);
  await sandbox('start');
  await expect.poll(roles, { timeout: 20_000 }).toEqual(swapped);
});
