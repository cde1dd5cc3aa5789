/** `--check-upstream-config`: all at once, without a command, and nothing is changed. */
import { beforeAll, expect, it } from 'vitest';
import type { CommandResult, Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxForTest({ nodes: 2, build: 'primary' });
});

async function check(...args: string[]): Promise<CommandResult> {
  const server = ['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '-U', 'repmgr', '-d', 'repmgr'];
  return await sandbox.repmgr(2, ['--check-upstream-config', ...server, ...args]);
}

it('a server that can be cloned gets a table and one OK line', async () => {
  const { exitCode, stdout, stderr } = await check();
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^Setting +\| Found +\| Wanted +\| Verdict$/);
  expect(lines.slice(2, -1).every((line) => line.endsWith('| ok'))).toBe(true);
  expect(lines.at(-1)).toBe(`OK: 127.0.0.1:${sandbox.node(1).port} can be cloned and followed`);
});

it('works with nothing but the connection options, and runs no command beside it', async () => {
  const { exitCode, stdout, stderr } = await check('--cluster', 'other', 'standby', 'clone');
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toMatch(/^OK: /m);
  expect(stderr).toMatch(/^WARNING: "standby clone" has no effect beside "--check-upstream-config"$/m);
});

it('all that is wrong is told, with exit code 0 as in repmgr 3', async () => {
  await sandbox.query(1, 'ALTER SYSTEM SET hot_standby = off');
  await sandbox.query(1, 'ALTER SYSTEM SET max_wal_senders = 1');
  await sandbox.query(1, 'ALTER SYSTEM SET archive_mode = on');
  await sandbox.query(1, 'ALTER SYSTEM SET max_replication_slots = 0');
  await sandbox.stop(1);
  await sandbox.start(1);
  const { exitCode, stdout, stderr } = await check();
  expect(exitCode).toBe(0);
  expect(stdout).not.toMatch(/^OK/m);
  const wrong = stdout.split('\n').filter((line) => line.endsWith('| wrong'));
  expect(wrong.map((line) => line.split(' |')[0]?.trim())).toEqual([
    'hot_standby',
    'archive_command',
    'free WAL senders',
    'max_replication_slots',
  ]);
  expect(stderr.match(/^WARNING: /gm)).toHaveLength(4);
  expect(stderr.match(/^HINT: /gm)).toHaveLength(4);

  const { stdout: text, stderr: beside } = await check('--json');
  expect(beside).toBe('');
  const { suitable, checks, warnings } = JSON.parse(text);
  expect({ suitable, warnings: warnings.length }).toEqual({ suitable: false, warnings: 4 });
  expect(checks).toContainEqual({ setting: 'hot_standby', found: 'off', wanted: 'on', verdict: 'wrong' });
});

it('a server that does not answer is an error', async () => {
  const { exitCode, stdout, stderr } = await check('-p', '1');
  expect({ exitCode, stdout }).toEqual({ exitCode: 6, stdout: '' });
  expect(stderr).toMatch(/^ERROR: /);
});
