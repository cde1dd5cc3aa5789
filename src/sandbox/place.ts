/** Where a sandbox lies and with what it works; everything else of a sandbox is found from here. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { type CommandOptions, type CommandResult, runCommand } from '../system/command.ts';
import type { SandboxUser } from './user.ts';

export interface SandboxPlace {
  /** Absolute. */
  readonly directory: string;
  /** Undefined where we are not root. */
  readonly user: SandboxUser | undefined;
  /** Of PostgreSQL. */
  readonly binDirectory: string;
  /** Holds repmgr.js and repmgrd.js; the user of the servers can enter it. */
  readonly programDirectory: string;
}

export interface SandboxNode {
  readonly id: number;
  /** `node1`, `node2`, ... */
  readonly name: string;
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Where its repmgrd listens. */
  readonly apiPort: number;
  /** As it stands in the node's repmgr.conf. */
  readonly conninfo: string;
  readonly dataDirectory: string;
  /** The repmgr.conf of this node. */
  readonly configFile: string;
  /** What the server writes. */
  readonly logFile: string;
  /** What its repmgrd writes. */
  readonly repmgrdLogFile: string;
}

export type RunOptions = Pick<CommandOptions, 'signal' | 'input' | 'deadlineMs'> & {
  /** Beside PATH, HOME and LC_ALL, which is all that programs in a sandbox get of the environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
};

export function sandboxNode(
  directory: string,
  { id, port, apiPort }: { readonly id: number; readonly port: number; readonly apiPort: number },
): SandboxNode {
  const name = `node${id}`;
  return {
    id,
    name,
    host: '127.0.0.1',
    port,
    apiPort,
    conninfo: `host=127.0.0.1 port=${port} user=repmgr dbname=repmgr connect_timeout=2`,
    dataDirectory: join(directory, name),
    configFile: join(directory, `${name}.conf`),
    logFile: join(directory, `${name}.log`),
    repmgrdLogFile: join(directory, `${name}.repmgrd.log`),
  };
}

/** Where the repmgrds keep their state files. */
export function stateDirectoryOf(directory: string): string {
  return join(directory, 'state');
}

export function homeOf(directory: string): string {
  return join(directory, 'home');
}

/** What programs get of the environment: neither PGHOST and the like nor secrets of whoever started the sandbox. */
export function environmentOf({ directory }: Pick<SandboxPlace, 'directory'>): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: homeOf(directory), LC_ALL: 'C' };
}

/** Runs a program as the user of the servers, in the directory of the sandbox. */
export async function runInSandbox(
  place: Pick<SandboxPlace, 'directory' | 'user'>,
  file: string,
  args: readonly string[],
  { env, ...options }: RunOptions = {},
): Promise<CommandResult> {
  return await runCommand(file, args, {
    ...options,
    cwd: place.directory,
    env: { ...environmentOf(place), ...env },
    uid: place.user?.uid,
    gid: place.user?.gid,
  });
}

/** Runs a program with our own input and output. Ctrl-C reaches it too: it decides what to do, we wait for it. */
export async function runOnTerminal(
  place: SandboxPlace,
  file: string,
  args: readonly string[],
): Promise<number> {
  const child = spawn(file, args, {
    cwd: place.directory,
    env: environmentOf(place),
    stdio: 'inherit',
    ...(place.user === undefined ? {} : { uid: place.user.uid, gid: place.user.gid }),
  });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}
