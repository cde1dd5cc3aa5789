/**
 * A real sshd on loopback that plays several hosts: 127.0.0.1, 127.0.0.2, ... each with a directory and a repmgr of its
 * own. It runs as the user of the sandbox, with keys made for it; for tests and for the bench.
 */
import { readFile, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { makeOwnedDirectory } from '../../src/sandbox/owned-files.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { findFreePorts } from '../../src/system/free-ports.ts';
import { putFile } from './sandbox-files.ts';

export const sshProgram = '/usr/sbin/sshd';

export interface SshHost {
  readonly address: string;
  /** Where its repmgr runs: a repmgr.conf in it is found. */
  readonly directory: string;
  /** The repmgr that is in its PATH, `bin` in the directory, which else holds only ssh and what was asked for. */
  readonly repmgr: string;
}

export interface SshServer {
  readonly port: number;
  readonly hosts: readonly SshHost[];
  /** For ssh_options: all that is needed to log in, and nothing of the user's own settings. */
  readonly options: string;
  /** The same with another key or other known hosts: names of files in `directory`. */
  optionsWith(changes: { readonly identity?: string; readonly knownHosts?: string }): string;
  /** Holds `id` and `stranger` (keys), `known`, `empty` and `changed` (known hosts), `sshd.log`. */
  readonly directory: string;
}

export interface SshSurroundings {
  /** Holds a repmgr.js that the user of the sandbox can run. */
  readonly programDirectory: string;
  /** Starts a program that stays in the foreground, as that user, and ends it when it is no longer needed. */
  readonly startServer: (command: readonly string[], logFile: string) => void;
  /** Names of further programs of this machine that the hosts have. */
  readonly furtherPrograms?: readonly string[];
}

/** Makes keys and hosts, and waits until sshd accepts connections. */
export async function startSshServer(
  sandbox: Sandbox,
  hostCount: number,
  { programDirectory, startServer, furtherPrograms = [] }: SshSurroundings,
): Promise<SshServer> {
  const directory = join(sandbox.directory, 'ssh');
  await makeOwnedDirectory(directory, sandbox.user);
  const addresses = Array.from({ length: hostCount }, (_, index) => `127.0.0.${index + 1}`);
  const [port = 0] = await findFreePorts(1, '127.0.0.1');
  await makeKeys(sandbox, directory);
  await writeKnownHosts(sandbox, addresses, port);
  const hosts: SshHost[] = [];
  for (const address of addresses) hosts.push(await makeHost(sandbox, directory, address, programDirectory));
  for (const name of furtherPrograms) {
    for (const host of hosts) await symlink(`/usr/bin/${name}`, join(host.directory, 'bin', name));
  }
  const configuration = await putFile(sandbox, 'ssh/sshd_config', configurationOf(directory, hosts, port));
  startServer([sshProgram, '-D', '-e', '-f', configuration], join(directory, 'sshd.log'));
  await waitUntil(() => accepts(port), { deadlineMs: 10_000, intervalMs: 20 });
  const optionsWith: SshServer['optionsWith'] = ({ identity = 'id', knownHosts = 'known' }) =>
    [
      `-F none -p ${port} -i ${join(directory, identity)} -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes`,
      `-o UserKnownHostsFile=${join(directory, knownHosts)} -o GlobalKnownHostsFile=none`,
    ].join(' ');
  return { port, hosts, directory, options: optionsWith({}), optionsWith };
}

/** Passwords are offered, so that a login without key is asked for one. */
function configurationOf(directory: string, hosts: readonly SshHost[], port: number): string {
  return [
    ...hosts.map(({ address }) => `ListenAddress ${address}:${port}`),
    `HostKey ${join(directory, 'host')}`,
    `AuthorizedKeysFile ${join(directory, 'id.pub')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication yes',
    ...hosts.flatMap((host) => [
      `Match LocalAddress ${host.address}`,
      `  SetEnv PATH=${join(host.directory, 'bin')} PGPASSFILE=${join(host.directory, 'pgpass')}`,
    ]),
    '',
  ].join('\n');
}

async function makeKeys(sandbox: Sandbox, directory: string): Promise<void> {
  for (const name of ['host', 'id', 'stranger']) {
    const made = await sandbox.run('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-f',
      join(directory, name),
    ]);
    if (made.exitCode !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
  }
}

async function writeKnownHosts(sandbox: Sandbox, addresses: readonly string[], port: number): Promise<void> {
  const keyOf = async (name: string) =>
    (await readFile(join(sandbox.directory, 'ssh', `${name}.pub`), 'utf8')).split(' ').slice(0, 2).join(' ');
  const lines = (key: string) => addresses.map((address) => `[${address}]:${port} ${key}\n`).join('');
  await putFile(sandbox, 'ssh/known', lines(await keyOf('host')));
  await putFile(sandbox, 'ssh/changed', lines(await keyOf('stranger')));
  await putFile(sandbox, 'ssh/empty', '');
}

async function makeHost(
  sandbox: Sandbox,
  directory: string,
  address: string,
  programDirectory: string,
): Promise<SshHost> {
  const home = join(directory, address);
  await makeOwnedDirectory(home, sandbox.user);
  await makeOwnedDirectory(join(home, 'bin'), sandbox.user);
  await symlink('/usr/bin/ssh', join(home, 'bin', 'ssh'));
  const repmgr = await putFile(
    sandbox,
    `ssh/${address}/bin/repmgr`,
    `#!/bin/sh\ncd ${home} && exec ${process.execPath} ${join(programDirectory, 'repmgr.js')} "$@"\n`,
    0o700,
  );
  return { address, directory: home, repmgr };
}

function accepts(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(undefined));
    socket.once('connect', () => socket.destroy());
  });
}
