/** The operation has happened; no command that is told of it makes it fail, or late beyond the limit. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { limits } from '../../src/limits.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
  expect(await sandbox.repmgr(1, ['primary', 'register'])).toMatchObject({ exitCode: 0 });
});

/** Runs a registration whose event goes to all these commands at the same time. */
async function register(commands: Readonly<Record<string, string>>) {
  const settings = Object.entries(commands).map(([name, command]) => [
    `event_notification_command.${name}`,
    command,
  ]);
  const file = await withSettings(sandbox, 1, Object.fromEntries(settings));
  const startedAtMs = performance.now();
  const result = await sandbox.repmgr(1, [...file, 'primary', 'register', '--force', '-L', 'INFO'], {
    env: { OUT: sandbox.directory },
  });
  return { ...result, durationMs: performance.now() - startedAtMs };
}

const isAlive = async (name: string) => {
  const pid = (await readFile(join(sandbox.directory, name), 'utf8')).trim();
  return (await sandbox.run('kill', ['-0', pid])).exitCode === 0;
};

it('a failing, missing, chatty or deaf command costs a WARNING at most', async () => {
  const { exitCode, stdout, stderr, durationMs } = await register({
    failing: 'echo first >&2; echo "cannot reach password=secret" >&2; exit 3',
    missing: '/no/such/program %n %e',
    broken: 'if then %d',
    killed: 'kill -9 $$',
    chatty: 'yes %d%e | head -c 20000000; yes more | head -c 20000000 >&2',
    deaf: 'exec <&- >&- 2>&-; true',
    reading: 'cat > /dev/null',
    fine: 'true',
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  expect(durationMs).toBeLessThan(5_000);
  expect(stderr).toContain('NOTICE: primary node registered for cluster "sandbox"');
  const warnings = stderr.split('\n').filter((line) => line.startsWith('WARNING: event'));
  expect(warnings.toSorted()).toEqual([
    'WARNING: event_notification_command.broken failed for event "master_register"',
    'WARNING: event_notification_command.failing failed for event "master_register"',
    'WARNING: event_notification_command.killed failed for event "master_register"',
    'WARNING: event_notification_command.missing failed for event "master_register"',
  ]);
  expect(stderr).toContain('DETAIL: Its exit code was 3. Its last line was: cannot reach password=***\n');
  expect(stderr).toContain('DETAIL: Its exit code was 137.\n');
  expect(stderr).toMatch(/DETAIL: Its exit code was 127\. Its last line was: .*not found\n/);
  expect(stderr).toContain("INFO: the command was: /no/such/program '1' 'master_register'\n");
});

it('a hanging command is ended after the limit with all that it started, however stubborn, and delays no other', async () => {
  const { exitCode, stderr, durationMs } = await register({
    hanging: 'echo $$ > "$OUT/hanging"; sleep 1000',
    stubborn: `trap "" TERM; echo $$ > "$OUT/stubborn"; (trap "" TERM; echo $$; while :; do sleep 1; done) & while :; do sleep 1; done`,
    quick: 'date +%%s > "$OUT/quick"',
  });
  expect(exitCode).toBe(0);
  expect(durationMs).toBeGreaterThan(limits.notificationCommandMs);
  expect(durationMs).toBeLessThan(limits.notificationCommandMs + limits.commandStopMs + 3_000);
  for (const name of ['hanging', 'stubborn']) {
    expect(stderr).toContain(
      `WARNING: event_notification_command.${name} failed for event "master_register"\nDETAIL: It was ended after 10 s.\n`,
    );
    expect(await isAlive(name)).toBe(false);
  }
  expect(await readFile(join(sandbox.directory, 'quick'), 'utf8')).toMatch(/^\d+\n$/);
});

it('a command that leaves work in the background is not waited for, and its work goes on', async () => {
  const { exitCode, stderr, durationMs } = await register({
    forking:
      '(trap : HUP; sleep 1; echo words; echo "$$" > "$OUT/forked"; sleep 30) & echo $! > "$OUT/forking"',
    daemon: 'setsid sh -c \'echo $$ > "$OUT/daemon"; sleep 30\' &',
  });
  expect(exitCode).toBe(0);
  expect(stderr).not.toContain('WARNING: event');
  expect(durationMs).toBeLessThan(3_000);
  for (const name of ['forking', 'daemon']) {
    await expect.poll(() => isAlive(name)).toBe(true);
  }
  // It writes to an output that nobody reads any more, and lives on.
  await expect
    .poll(() => readFile(join(sandbox.directory, 'forked'), 'utf8'), { timeout: 10_000 })
    .toMatch(/\d/);
  for (const name of ['forking', 'daemon']) {
    const pid = (await readFile(join(sandbox.directory, name), 'utf8')).trim();
    await sandbox.run('pkill', ['-P', pid]);
    await sandbox.run('kill', [pid]);
  }
});
