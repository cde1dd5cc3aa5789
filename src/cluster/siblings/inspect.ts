/** Looks whether repmgr can be run on the hosts of siblings; changes nothing. */
import { failure, RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { redactConninfo } from '../../model/conninfo.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import { hostOf, type RemoteAccess, runOn, runRepmgrOn } from '../remote-node.ts';
import type { SiblingFacts } from './sibling.ts';

export interface SiblingAccess extends RemoteAccess {
  /** Of -C: repmgr.conf over there. */
  readonly remoteConfigFile: string | undefined;
  /** repmgr.conf here: where none is named, it may lie at the same path over there. */
  readonly ownConfigFile: string | undefined;
  /** The host in our own conninfo: over there our own file would be found on it. */
  readonly ownHost: string | undefined;
  /** Siblings whose servers do not answer. */
  readonly down: readonly NodeId[];
  readonly signal: AbortSignal;
}

/**
 * All at the same time.
 * @throws RepmgrError interrupted; what fails about one sibling is its refusal
 */
export async function inspectSiblings(
  nodes: readonly NodeRecord[],
  access: SiblingAccess,
): Promise<readonly SiblingFacts[]> {
  return await Promise.all(nodes.map((node) => inspectSibling(node, access)));
}

async function inspectSibling(node: NodeRecord, access: SiblingAccess): Promise<SiblingFacts> {
  let configFile: string | undefined;
  if (access.down.includes(node.id)) return { node, configFile, isDown: true, refusal: undefined };
  try {
    configFile = await configFileOf(node, access);
    await tryRepmgr(node, configFile, access);
    return { node, configFile, isDown: false, refusal: undefined };
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    return { node, configFile, isDown: false, refusal: error };
  }
}

/** As repmgr 3 looks for it: the one that is named, the one at our own path, then where repmgr looks by itself. */
async function configFileOf(node: NodeRecord, access: SiblingAccess): Promise<string | undefined> {
  const { remoteConfigFile, ownConfigFile, ownHost, signal } = access;
  if (remoteConfigFile !== undefined) return remoteConfigFile;
  if (ownConfigFile === undefined || hostOf(node) === ownHost) return undefined;
  const call = { deadlineMs: limits.remoteRepmgrMs, signal };
  const { exitCode } = await runOn(node, ['test', '-r', ownConfigFile], access, call);
  return exitCode === 0 ? ownConfigFile : undefined;
}

/** Reads repmgr.conf and asks the local server there: what every command has to do first. */
async function tryRepmgr(
  node: NodeRecord,
  configFile: string | undefined,
  access: SiblingAccess,
): Promise<void> {
  const words = [...optionOf(configFile), 'cluster', 'show', '--csv'];
  const call = { deadlineMs: limits.remoteRepmgrMs + limits.connectMaxMs, signal: access.signal };
  const { exitCode, stdout, stderr } = await runRepmgrOn(node, words, access, call);
  // Nodes that are down are no error of it.
  if (exitCode === 0) return;
  throw failure('remote_output_unreadable', {
    message: `repmgr on host "${hostOf(node)}" ended with exit code ${exitCode}`,
    detail: redactConninfo(`${stderr}${stdout}`.trim()) || 'It wrote nothing.',
    hint: `Log in to ${hostOf(node)} and run there: repmgr ${words.join(' ')}`,
  });
}

/** The option that names repmgr.conf, in words for repmgr over there. */
export function optionOf(configFile: string | undefined): readonly string[] {
  return configFile === undefined ? [] : ['-f', configFile];
}
