/** Makes the servers of a sandbox, by the commands that an administrator would type. */
import { join } from 'node:path';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { connect } from '../postgres/connection.ts';
import { makeOwnedDirectory, writeOwnedFile } from './owned-files.ts';
import { runInSandbox, type SandboxNode, type SandboxPlace, stateDirectoryOf } from './place.ts';
import { initializeServer, startServer } from './server.ts';

export interface BuildOptions {
  readonly clusterName: string;
  /** Beside what the sandbox sets itself; wins over it. */
  readonly postgresqlConf: Readonly<Record<string, string>>;
  readonly repmgrConf: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  readonly onStep: (text: string) => void;
}

/** Each node gets a repmgr.conf and an empty place for its data. */
export async function writeNodeFiles(
  place: SandboxPlace,
  nodes: readonly SandboxNode[],
  { clusterName, repmgrConf }: BuildOptions,
): Promise<void> {
  for (const node of nodes) {
    await makeOwnedDirectory(node.dataDirectory, place.user);
    const settings = {
      cluster: clusterName,
      node: String(node.id),
      node_name: node.name,
      conninfo: node.conninfo,
      data_directory: node.dataDirectory,
      pg_bindir: place.binDirectory,
      use_replication_slots: '1',
      api_listen: `${node.host}:${node.apiPort}`,
      state_directory: stateDirectoryOf(place.directory),
      ...repmgrConf,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoteParameter(value)}\n`);
    await writeOwnedFile(node.configFile, lines.join(''), place.user);
  }
}

/** A running server with the role and the database that repmgr works in; repmgr knows nothing of it yet. */
export async function buildPrimary(
  place: SandboxPlace,
  primary: SandboxNode,
  nodeCount: number,
  options: BuildOptions,
): Promise<void> {
  options.onStep(`making the primary "${primary.name}" on port ${primary.port}`);
  const settings = { ...serverSettings(primary, nodeCount), ...options.postgresqlConf };
  await initializeServer(place, primary, settings, options.signal);
  await startServer(place, primary, options.signal);
  const conninfo = `host=${primary.host} port=${primary.port} user=postgres dbname=postgres sslmode=disable`;
  const connection = await connect(conninfo, { signal: options.signal });
  try {
    await connection.query('CREATE ROLE repmgr LOGIN SUPERUSER');
    await connection.query('CREATE DATABASE repmgr OWNER repmgr');
  } finally {
    await connection.close();
  }
}

/** Registers the primary, then clones, starts and registers the standbys, some at the same time. */
export async function buildCluster(
  place: SandboxPlace,
  [primary, ...standbys]: readonly SandboxNode[],
  options: BuildOptions,
): Promise<void> {
  if (primary === undefined) return;
  options.onStep(`registering "${primary.name}"`);
  await runRepmgr(place, primary, ['primary', 'register'], options);
  for (let first = 0; first < standbys.length; first += limits.parallelClones) {
    const group = standbys.slice(first, first + limits.parallelClones);
    const names = group.map(({ name, port }) => `"${name}" on port ${port}`).join(', ');
    options.onStep(`cloning "${primary.name}" into ${names}`);
    const outcomes = await Promise.allSettled(
      group.map((standby) => buildStandby(place, primary, standby, options)),
    );
    // Only now: whoever removes what was begun must find nobody who still writes.
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}

async function buildStandby(
  place: SandboxPlace,
  primary: SandboxNode,
  standby: SandboxNode,
  options: BuildOptions,
): Promise<void> {
  const source = ['-h', primary.host, '-p', String(primary.port), '-U', 'repmgr', '-d', 'repmgr'];
  const target = ['-D', standby.dataDirectory, '--fast-checkpoint', '--backup-method=protocol'];
  await runRepmgr(place, standby, [...source, 'standby', 'clone', ...target], options);
  await startServer(place, standby, options.signal);
  const wait = `--wait-sync=${limits.registrationSyncMs / 1000}`;
  await runRepmgr(place, standby, ['standby', 'register', wait], options);
}

/** What a primary of repmgr needs on PostgreSQL 10 to 18, and what makes small servers start fast. */
function serverSettings(
  { networkNamespace }: SandboxNode,
  nodeCount: number,
): Readonly<Record<string, string>> {
  const connectionsOfNodes = String(nodeCount + 10);
  return {
    listen_addresses: networkNamespace === undefined ? '127.0.0.1' : '*',
    unix_socket_directories: '',
    wal_level: 'replica',
    hot_standby: 'on',
    wal_log_hints: 'on',
    // In the data directory, and gone with it: what a killed server leaves in /dev/shm, nobody would remove.
    dynamic_shared_memory_type: 'mmap',
    max_wal_senders: connectionsOfNodes,
    max_replication_slots: connectionsOfNodes,
    shared_buffers: '32MB',
    // A standby that lost its upstream looks for the new one at once.
    wal_retrieve_retry_interval: '500ms',
    log_line_prefix: '%m [%p] %q%a ',
    // What a crash of the server does is not changed by it, only what a crash of the machine does.
    fsync: 'off',
  };
}

/** A value of repmgr.conf in PostgreSQL's quotes. */
function quoteParameter(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

async function runRepmgr(
  place: SandboxPlace,
  node: SandboxNode,
  args: readonly string[],
  { signal }: BuildOptions,
): Promise<void> {
  const program = [join(place.programDirectory, 'repmgr.js'), '-f', node.configFile, ...args];
  const { exitCode, stderr } = await runInSandbox(place, process.execPath, program, { signal }, node);
  if (exitCode === 0) return;
  throw failure('command_failed', {
    message: `a step of making the sandbox failed: repmgr ${args.join(' ')}`,
    detail: `It ended with exit code ${exitCode}:\n${stderr.trim()}`,
    hint: `Follow the hint of that command, or read the log of the server of "${node.name}".`,
  });
}
