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
  readonly host: string;
  /** The file of the network namespace that its processes run in; undefined: ours. */
  readonly networkNamespace: string | undefined;
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

/** What is chosen for a node when a sandbox is made; the rest follows from it. */
export interface ChosenNode {
  readonly id: number;
  readonly port: number;
  readonly apiPort: number;
  readonly network?: NodeNetwork | undefined;
}

/** A network of its own for a node, made and removed by whoever starts the sandbox, who must be root. */
export interface NodeNetwork {
  /** By which the other nodes, and we, reach it. */
  readonly address: string;
  /** The file of its network namespace, as in `/run/netns/NAME`. */
  readonly namespace: string;
}

export function sandboxNode(directory: string, { id, port, apiPort, network }: ChosenNode): SandboxNode {
  const name = `node${id}`;
  const host = network?.address ?? '127.0.0.1';
  return {
    id,
    name,
    host,
    networkNamespace: network?.namespace,
    port,
    apiPort,
    conninfo: `host=${host} port=${port} user=repmgr dbname=repmgr connect_timeout=2`,
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

/** A program as the user of the servers starts it; only root may enter a network namespace, so there nsenter changes the user. */
export function commandOn(
  { user }: Pick<SandboxPlace, 'user'>,
  { networkNamespace }: Pick<SandboxNode, 'networkNamespace'>,
  file: string,
  args: readonly string[],
): { file: string; args: readonly string[]; uid?: number; gid?: number } {
  if (networkNamespace === undefined)
    return { file, args, ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }) };
  const asUser = user === undefined ? [] : [`--setuid=${user.uid}`, `--setgid=${user.gid}`];
  return { file: 'nsenter', args: [`--net=${networkNamespace}`, ...asUser, '--', file, ...args] };
}

/** Runs a program as the user of the servers, in the directory of the sandbox, on a node where one is named. */
export async function runInSandbox(
  place: Pick<SandboxPlace, 'directory' | 'user'>,
  file: string,
  args: readonly string[],
  { env, ...options }: RunOptions = {},
  node: Pick<SandboxNode, 'networkNamespace'> = { networkNamespace: undefined },
): Promise<CommandResult> {
  const command = commandOn(place, node, file, args);
  return await runCommand(command.file, command.args, {
    ...options,
    cwd: place.directory,
    env: { ...environmentOf(place), ...env },
    uid: command.uid,
    gid: command.gid,
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
