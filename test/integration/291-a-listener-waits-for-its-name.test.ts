/** A repmgrd that starts while nobody knows the host in api_listen: it goes on, says so once, and listens later. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { noMounts, ownResolver } from '../support/own-resolver.ts';
import { awaitLeader, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

it('leads a cluster of one all the while, and listens once the resolver answers', async ({ skip }) => {
  const sandbox = await sandboxForTest({
    nodes: 1,
    repmgrConf: { failover: 'automatic', log_level: 'INFO' },
  });
  const resolver = await ownResolver(sandbox, { answersWithinSeconds: 1 });
  if (resolver === undefined) return skip(noMounts);
  const { apiPort, repmgrdLogFile } = sandbox.node(1);
  const logged = () => readFileSync(repmgrdLogFile, 'utf8');
  const [, configFile] = await withSettings(sandbox, 1, { api_listen: `localhost:${apiPort}` });
  const patience = { timeout: 20_000, interval: 100 };

  resolver.die();
  resolver.start(1, configFile, {});
  await expect.poll(logged, patience).toContain('repmgrd watches node');
  await expect.poll(logged, patience).toContain('leads term 1');
  expect(await viewOf(sandbox, 1)).toBeUndefined();
  const complaint = new RegExp(
    `\\[ERROR\\] repmgrd cannot listen at localhost:${apiPort} yet: the name cannot be looked up\\n.*\\[DETAIL\\] .*\\n.*\\[HINT\\] .*getent hosts localhost`,
    'g',
  );
  expect(logged().match(complaint), logged()).toHaveLength(1);

  resolver.revive();
  await awaitLeader(sandbox, 1);
  expect(logged()).toContain(`[NOTICE] repmgrd listens at localhost:${apiPort} by now`);
  expect(logged().match(complaint)).toHaveLength(1);
  await sandbox.stopRepmgrd(1);
});

it('ends with an ERROR and a HINT where there is no host of that name', async () => {
  const sandbox = await sandboxForTest({ nodes: 1 });
  const file = await withSettings(sandbox, 1, { api_listen: 'no-such-host.invalid:15432' });
  const program = join(sandbox.directory, 'program', 'repmgrd.js');
  const { exitCode, stderr } = await sandbox.run('timeout', ['20', process.execPath, program, ...file]);
  expect(exitCode, stderr).toBe(1);
  expect(stderr).toMatch(/\[ERROR\] repmgrd cannot listen at no-such-host\.invalid:15432\n/);
  expect(stderr).toMatch(/\[DETAIL\] There is no host "no-such-host\.invalid"/);
  expect(stderr).toMatch(
    /\[HINT\] Correct "api_listen" in repmgr\.conf .*: getent hosts no-such-host\.invalid/,
  );
});
