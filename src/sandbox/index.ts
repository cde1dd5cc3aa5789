/**
 * The library `repmgr/sandbox`: a real PostgreSQL cluster on this machine, for tests of what an application does in a
 * failover. docs/sandbox.md
 */
import { resolve } from 'node:path';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { makeSandbox } from './make.ts';
import type { NodeNetwork } from './place.ts';
import type { Sandbox } from './sandbox.ts';

export type { CommandResult } from '../system/command.ts';
export type { NodeNetwork, RunOptions, SandboxNode } from './place.ts';
export type { RepmgrdOptions } from './repmgrd.ts';
export type { Sandbox } from './sandbox.ts';
export type { StopMode } from './server.ts';
export type { NodeState, NodeStatus } from './status.ts';
export type { SandboxUser } from './user.ts';

export interface SandboxOptions {
  /** Servers in all: one primary, the rest standbys; 3 unless said otherwise. */
  readonly nodes?: number;
  /** Major version, 10 to 18; otherwise the newest that the system has, else 18. Fetched from npm where it is not installed. */
  readonly postgresVersion?: number | string;
  /** Empty, or not there yet; otherwise one among the temporary files. */
  readonly directory?: string;
  /** The name of the cluster in repmgr.conf; `sandbox` unless said otherwise. */
  readonly clusterName?: string;
  /**
   * `cluster` (the default): standbys cloned, registered and streaming. `primary`: the server of node 1 runs and has
   * role and database `repmgr`; nothing is registered, the other nodes have their repmgr.conf and an empty directory.
   * `none`: repmgr.conf and an empty directory for every node.
   */
  readonly build?: 'cluster' | 'primary' | 'none';
  /** Further settings of postgresql.conf on all nodes. `fsync` is off: a killed server loses nothing by it. */
  readonly postgresqlConf?: Readonly<Record<string, string>>;
  /** Further parameters of every repmgr.conf. */
  readonly repmgrConf?: Readonly<Record<string, string>>;
  /** With a repmgrd beside each server, which fails over by itself: `failover=automatic`, `rejoin=automatic`. */
  readonly repmgrd?: boolean;
  /** For each node, in their order, a network that it runs in instead of ours: for tests that cut some off. */
  readonly networks?: readonly NodeNetwork[];
  /** Ends the start, and removes what was begun. */
  readonly signal?: AbortSignal;
  /** Told of each step, in words. */
  readonly onStep?: (text: string) => void;
}

/**
 * Starts a cluster of PostgreSQL servers on 127.0.0.1. It lives until `destroy()` is called or this process ends, in
 * whatever way; nothing is left of it then.
 * @throws RepmgrError, an Error with `code`, `detail` and `hint`
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { sandbox } = await makeSandbox({
    nodes: nodeCount(options.nodes ?? 3),
    major: options.postgresVersion === undefined ? undefined : String(options.postgresVersion),
    directory: options.directory === undefined ? undefined : resolve(options.directory),
    clusterName: options.clusterName ?? 'sandbox',
    build: options.build ?? 'cluster',
    ...(options.networks === undefined ? {} : { networks: options.networks }),
    postgresqlConf: options.postgresqlConf ?? {},
    repmgrConf: options.repmgrConf ?? {},
    hasRepmgrd: options.repmgrd ?? false,
    signal: options.signal,
    onStep: options.onStep ?? (() => undefined),
  });
  return sandbox;
}

function nodeCount(nodes: number): number {
  if (Number.isInteger(nodes) && nodes >= 1 && nodes <= limits.sandboxNodes) return nodes;
  throw failure('usage', {
    message: `a sandbox cannot have ${nodes} nodes`,
    detail: `It has from 1 to ${limits.sandboxNodes}.`,
    hint: 'Correct the option "nodes".',
  });
}
