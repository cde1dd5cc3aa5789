/** A sandbox at work: what its users do with it. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { connect } from '../postgres/connection.ts';
import type { CommandResult } from '../system/command.ts';
import {
  runInSandbox,
  runOnTerminal,
  type RunOptions,
  type SandboxNode,
  type SandboxPlace,
} from './place.ts';
import { sandboxCommand } from './directory.ts';
import { startServer, type StopMode, stopServer } from './server.ts';
import { freezeNode, killCompanions, killNode, thawNode } from './node-processes.ts';
import { killRepmgrd, type RepmgrdOptions, startRepmgrd, startRepmgrds, stopRepmgrd } from './repmgrd.ts';
import { killProcesses } from './server-process.ts';
import { removeSharedMemory } from './shared-memory.ts';
import { stateFileName } from './state-file.ts';
import { type NodeStatus, statusOfNodes } from './status.ts';
import type { SandboxUser } from './user.ts';

export interface Sandbox {
  /** Absolute; belongs to the user that the servers run as. */
  readonly directory: string;
  /** As the server tells it: `15.18 (Debian 15.18-1)`. */
  readonly postgresVersion: string;
  /** The programs of PostgreSQL. Fetched servers have postgres, initdb and pg_ctl only. */
  readonly binDirectory: string;
  /** Whom the servers, and repmgr, run as where the sandbox was started by root. */
  readonly user: SandboxUser | undefined;
  readonly nodes: readonly SandboxNode[];
  /** Whether it was made with a repmgrd beside each server. */
  readonly hasRepmgrd: boolean;
  /** By number or by name. @throws RepmgrError sandbox_node_unknown */
  node(word: number | string): SandboxNode;
  /** Runs `repmgr -f REPMGR.CONF ARGS` on a node, whatever its exit code will be. */
  repmgr(id: number, args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** The same with our own input and output; gives the exit code. */
  runOnTerminal(id: number, args: readonly string[]): Promise<number>;
  /** Runs any program as the user of the servers. */
  run(file: string, args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Runs one statement in the database `repmgr` of a node, in a session of its own, and gives its rows. */
  query<Row extends object = Record<string, unknown>>(
    id: number,
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<Row[]>;
  /** Starts the server of a node and waits until it accepts connections. */
  start(id: number): Promise<void>;
  /** Stops it in good order (`fast`) and waits until it is gone. */
  stop(id: number, mode?: StopMode): Promise<void>;
  /** Starts the repmgrd of a node; `failover` and the like stand in its repmgr.conf. */
  startRepmgrd(id: number, options?: RepmgrdOptions): Promise<void>;
  /** Starts those that do not run, and waits until one of them leads. */
  startRepmgrds(): Promise<void>;
  /** Ends it in good order, and waits until it is gone. */
  stopRepmgrd(id: number): Promise<void>;
  /** SIGKILL to it alone. */
  killRepmgrd(id: number): Promise<void>;
  /** SIGKILL to all processes of a node at once, its repmgrd too, as if the power had gone; or to those of its server. */
  kill(id: number, what?: 'node' | 'server'): Promise<void>;
  /** SIGSTOP to all of them: it accepts connections and never answers, as a host that hangs. */
  freeze(id: number, what?: 'node' | 'server'): Promise<void>;
  thaw(id: number): Promise<void>;
  /** What each node is at this moment. */
  status(): Promise<readonly NodeStatus[]>;
  /** Kills all servers and removes every file. Safe to call twice. */
  destroy(): Promise<void>;
}

export interface SandboxFacts {
  readonly place: SandboxPlace;
  readonly postgresVersion: string;
  readonly nodes: readonly SandboxNode[];
  readonly hasRepmgrd: boolean;
  /** Whether the directory itself goes with the sandbox. */
  readonly madeDirectory: boolean;
}

export function openSandbox(facts: SandboxFacts): Sandbox {
  const { place, nodes } = facts;
  const node = (word: number | string): SandboxNode => nodeCalled(facts, word);
  return {
    directory: place.directory,
    postgresVersion: facts.postgresVersion,
    binDirectory: place.binDirectory,
    user: place.user,
    nodes,
    hasRepmgrd: facts.hasRepmgrd,
    node,
    repmgr: async (id, args, options) =>
      await runInSandbox(place, process.execPath, repmgrOf(place, node(id), args), options, node(id)),
    runOnTerminal: async (id, args) =>
      await runOnTerminal(place, process.execPath, repmgrOf(place, node(id), args)),
    run: async (file, args, options) => await runInSandbox(place, file, args, options),
    query: async (id, sql, parameters) => await query(node(id), sql, parameters),
    start: async (id) => await startServer(place, node(id)),
    stop: async (id, mode) => await stopServer(place, node(id), mode),
    startRepmgrd: async (id, options) => await startRepmgrd(place, node(id), options),
    startRepmgrds: async () => await startRepmgrds(place, nodes),
    stopRepmgrd: async (id) => await stopRepmgrd(node(id)),
    killRepmgrd: async (id) => await killRepmgrd(node(id)),
    kill: async (id, what = 'node') => await killNode(node(id), what),
    freeze: async (id, what = 'node') => await freezeNode(node(id), what),
    thaw: async (id) => await thawNode(node(id)),
    status: async () => await statusOfNodes(nodes),
    destroy: async () => await destroy(facts),
  };
}

function nodeCalled({ place, nodes }: SandboxFacts, word: number | string): SandboxNode {
  const found = nodes.find(({ id, name }) => String(id) === String(word) || name === word);
  if (found !== undefined) return found;
  throw failure('sandbox_node_unknown', {
    message: `the sandbox has no node ${word}`,
    detail: `Its nodes are ${nodes.map((node) => node.id).join(', ')}.`,
    hint: `Show them with: ${sandboxCommand('status', place.directory)}`,
  });
}

/** The arguments of Node for a command of repmgr. */
function repmgrOf(
  { programDirectory }: SandboxPlace,
  { configFile }: SandboxNode,
  args: readonly string[],
): readonly string[] {
  return [join(programDirectory, 'repmgr.js'), '-f', configFile, ...args];
}

async function query<Row extends object>(
  { host, port }: SandboxNode,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  // Encryption as the caller's environment may ask for it is not what a sandbox offers.
  const connection = await connect(`host=${host} port=${port} user=repmgr dbname=repmgr sslmode=disable`);
  try {
    return await connection.query<Row>(sql, parameters);
  } finally {
    await connection.close();
  }
}

/** Kills the servers and removes all files; the state file goes last, so that a second try finds what the first left. */
async function destroy({ place: { directory }, nodes, madeDirectory }: SandboxFacts): Promise<void> {
  await Promise.all(nodes.map(killCompanions));
  await Promise.all(nodes.map(killProcesses));
  await Promise.all(nodes.map(removeSharedMemory));
  const files = (await readdir(directory).catch(() => [])).filter((name) => name !== stateFileName);
  // A command that was copying data notices within moments that its server is gone.
  const persistently = { recursive: true, force: true, maxRetries: 20, retryDelay: limits.pollMs };
  for (const name of [...files, stateFileName]) await rm(join(directory, name), persistently);
  if (madeDirectory) await rm(directory, persistently);
}
