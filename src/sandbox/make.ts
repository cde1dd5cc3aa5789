/** Makes a sandbox: claims the directory, finds a server, chooses ports, builds. What fails is removed again. */
import { join } from 'node:path';
import { failure } from '../errors.ts';
import { throwIfInterrupted } from '../system/clock.ts';
import { findFreePorts, releasePorts } from '../system/free-ports.ts';
import { type BuildOptions, buildCluster, buildPrimary, writeNodeFiles } from './build.ts';
import { claimDirectory, type ClaimedDirectory } from './directory.ts';
import { startGuard } from './guard.ts';
import { makeOwnedDirectory } from './owned-files.ts';
import { homeOf, type NodeNetwork, sandboxNode, type SandboxPlace, stateDirectoryOf } from './place.ts';
import { builtProgramDirectory } from '../system/built-programs.ts';
import { provideProgram } from './program-directory.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';
import { locateServer, provideServer } from './servers.ts';
import { type SandboxState, writeState } from './state-file.ts';
import { checkNodeProgram, serverVersionText } from './trial-run.ts';
import { unprivilegedUser } from './user.ts';

export interface MakeOptions extends BuildOptions {
  readonly nodes: number;
  /** `10` to `18`; undefined: what is installed, else 18. */
  readonly major: string | undefined;
  /** Undefined: a new one among the temporary files. */
  readonly directory: string | undefined;
  /** How far: see SandboxOptions. */
  readonly build: 'cluster' | 'primary' | 'none';
  /** Whether a repmgrd runs beside each server. */
  readonly hasRepmgrd: boolean;
  /** Of the nodes in their order; one without has none of its own. */
  readonly networks?: readonly NodeNetwork[];
}

export interface MadeSandbox {
  readonly sandbox: Sandbox;
  /** Lets the sandbox outlive this process, which otherwise takes it along. */
  keep(): Promise<void>;
}

/** @throws RepmgrError of many kinds; nothing of the sandbox is left then */
export async function makeSandbox(options: MakeOptions): Promise<MadeSandbox> {
  const { signal } = options;
  const server = await locateServer(options.major);
  await provideServer(server, options);
  const { binDirectory } = server;
  const ports = await findFreePorts(2 * options.nodes, '127.0.0.1');
  const user = await unprivilegedUser('/');
  const postgresVersion = await serverVersionText(binDirectory, user);
  throwIfInterrupted(signal);
  const claimed = await claimDirectory(options.directory, (directory, madeDirectory): SandboxState => {
    const home = homeOf(directory);
    return {
      kind: 'repmgr sandbox',
      format: 1,
      phase: 'making',
      makerPid: process.pid,
      clusterName: options.clusterName,
      postgresVersion,
      binDirectory,
      programDirectory: user === undefined ? builtProgramDirectory() : join(directory, 'program'),
      user: user && { ...user, home },
      madeDirectory,
      hasRepmgrd: options.hasRepmgrd,
      nodes: chosenNodes(ports, options.networks ?? []),
    };
  });
  const guard = startGuard(claimed.directory);
  const sandbox = sandboxOf(claimed);
  const destroy = async (): Promise<void> => {
    await sandbox.destroy();
    await guard.release();
    releasePorts(ports);
  };
  try {
    await build(claimed, sandbox, asBuilt(options));
    if (options.hasRepmgrd) {
      options.onStep('start a repmgrd beside each server');
      await sandbox.startRepmgrds();
    }
    await writeState(claimed.directory, { ...claimed.state, phase: 'complete' });
  } catch (error) {
    await destroy();
    throw error;
  }
  return { sandbox: { ...sandbox, destroy }, keep: async () => await guard.release() };
}

/** Two for each node: of its server, and of its repmgrd. */
function chosenNodes(ports: readonly number[], networks: readonly NodeNetwork[]): SandboxState['nodes'] {
  const count = ports.length / 2;
  return ports.slice(0, count).map((port, index) => ({
    id: index + 1,
    port,
    apiPort: ports[count + index] ?? 0,
    network: networks[index],
  }));
}

/** The sandbox that a state file tells of. */
export function sandboxOf({ directory, state }: Pick<ClaimedDirectory, 'directory' | 'state'>): Sandbox {
  const { binDirectory, programDirectory, postgresVersion, madeDirectory, hasRepmgrd, user } = state;
  return openSandbox({
    place: { directory, user, binDirectory, programDirectory },
    postgresVersion,
    madeDirectory,
    hasRepmgrd,
    nodes: state.nodes.map((node) => sandboxNode(directory, node)),
  });
}

/** What failover needs; the caller's own parameters win. */
function asBuilt(options: MakeOptions): MakeOptions {
  if (!options.hasRepmgrd) return options;
  return { ...options, repmgrConf: { failover: 'automatic', rejoin: 'automatic', ...options.repmgrConf } };
}

async function build(
  { directory, state }: ClaimedDirectory,
  { nodes }: Sandbox,
  options: MakeOptions,
): Promise<void> {
  const { user, binDirectory, programDirectory } = state;
  const place: SandboxPlace = { directory, user, binDirectory, programDirectory };
  await makeOwnedDirectory(homeOf(directory), user);
  await makeOwnedDirectory(stateDirectoryOf(directory), user);
  await provideProgram(programDirectory, user);
  await checkNodeProgram(place);
  await writeNodeFiles(place, nodes, options);
  const [primary] = nodes;
  if (options.build === 'none') return;
  if (primary === undefined) throw failure('internal', { message: 'a sandbox without nodes' });
  await buildPrimary(place, primary, nodes.length, options);
  if (options.build === 'cluster') await buildCluster(place, nodes, options);
}
