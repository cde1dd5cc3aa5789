/** Repmgrds that look host names up in files of their own: their resolver may die, which then never answers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { runCommand } from '../../src/system/command.ts';
import { putFile } from './sandbox-files.ts';

export interface OwnResolver {
  /** Starts the repmgrd of a node with it; findable and ended as any other of the sandbox. */
  readonly start: (id: number, configFile: string, env: Readonly<Record<string, string>>) => ChildProcess;
  /** No name is found any more, and who asks waits for as long as the options say. */
  readonly die: () => void;
  readonly revive: () => void;
}

export const noMounts =
  'no mount namespaces can be made here: that takes root, util-linux, and port 53 of the loopback';

const mountThem =
  'mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"';
const known = '127.0.0.1 localhost\n';

/** For all tests of the file. @returns undefined where none can be made */
export async function ownResolver(
  sandbox: Sandbox,
  { answersWithinSeconds = 15 } = {},
): Promise<OwnResolver | undefined> {
  const address = `127.${randomInt(2, 250)}.${randomInt(250)}.${randomInt(2, 250)}`;
  const silent = createSocket('udp4');
  try {
    silent.bind(53, address);
    await once(silent, 'listening');
  } catch {
    silent.close();
    return undefined;
  }
  afterAll(() => void silent.close());
  const hosts = await putFile(sandbox, 'hosts', known, 0o644);
  const resolver = `nameserver ${address}\noptions timeout:${answersWithinSeconds} attempts:1\n`;
  const files = [hosts, await putFile(sandbox, 'resolv.conf', resolver, 0o644)];
  const within = (...command: readonly string[]) => ['-m', 'sh', '-c', mountThem, 'sh', ...files, ...command];
  const trial = await runCommand('unshare', within('true')).catch(() => undefined);
  if (trial?.exitCode !== 0) return undefined;
  const asUser = sandbox.user === undefined ? [] : ['setpriv', `--reuid=${sandbox.user.uid}`];
  const group = sandbox.user === undefined ? [] : [`--regid=${sandbox.user.gid}`, '--clear-groups'];
  return {
    start: (id, configFile, env) => {
      const { configFile: ownFile, repmgrdLogFile } = sandbox.node(id);
      const log = openSync(repmgrdLogFile, 'a', 0o644);
      const program = join(sandbox.directory, 'program', 'repmgrd.js');
      const command = [process.execPath, program, '-f', ownFile, '-f', configFile];
      const child = spawn('unshare', within(...asUser, ...group, ...command), {
        cwd: sandbox.directory,
        detached: true,
        env: { PATH: process.env['PATH'], HOME: join(sandbox.directory, 'home'), LC_ALL: 'C', ...env },
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      return child;
    },
    die: () => writeFileSync(hosts, ''),
    revive: () => writeFileSync(hosts, known),
  };
}
