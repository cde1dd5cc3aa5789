/** The unit for systemd that comes with the package: what it says is what repmgrd does. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findParameter } from '../../src/config/parameters.ts';
import { parseDaemonArguments } from '../../src/daemon/options.ts';
import { limits } from '../../src/limits.ts';
import { root } from '../support/source-files.ts';

const text = readFileSync(join(root, 'systemd/repmgrd.service'), 'utf8');

function valueOf(key: string): string {
  const found = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`the unit has no ${key}`);
  return found;
}

it('starts the program by options that it has, in the foreground', () => {
  const [program, ...args] = valueOf('ExecStart').split(' ');
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(bin).toHaveProperty(program ?? '');
  expect(parseDaemonArguments(args)).toMatchObject({
    kind: 'run',
    options: { configFile: '/etc/repmgr.conf', isDaemonized: false, checksConfigOnly: false },
  });
});

it('makes the directory that repmgrd keeps its state in unless it is told another one', () => {
  expect(`/var/lib/${valueOf('StateDirectory')}`).toBe(findParameter('state_directory')?.default);
});

it('lets repmgrd be told of twice before the watchdog ends it', () => {
  expect(2 * limits.serviceNotificationMs).toBeLessThan((Number(valueOf('WatchdogSec')) * 1000) / 2);
});

it('leaves the guard alone, and starts repmgrd again only where it failed', () => {
  expect([valueOf('KillMode'), valueOf('Restart'), valueOf('Type')]).toEqual([
    'process',
    'on-failure',
    'notify',
  ]);
});

it('is part of the package', () => {
  expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).files).toContain('systemd');
});

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasAnalyze) process.stdout.write('skipped: systemd-analyze, which judges units, is not there\n');

it.skipIf(!hasAnalyze)('is right in the eyes of systemd', () => {
  const directory = mkdtempSync(join(tmpdir(), 'repmgr-unit-'));
  try {
    const unit = join(directory, 'repmgrd.service');
    // Whether repmgrd is installed here is none of its business.
    writeFileSync(unit, text.replace('ExecStart=repmgrd', 'ExecStart=true'));
    const verify = (file: string) =>
      spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', file], {
        encoding: 'utf8',
      });
    const { status, stderr } = verify(unit);
    expect(status).toBe(0);
    expect(stderr).not.toContain('repmgrd.service');
    writeFileSync(unit, text.replace('KillMode=process', 'KillMode=proces'));
    expect(verify(unit).stderr).toContain('proces');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
