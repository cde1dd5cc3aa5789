/** Has the siblings of a promoted standby follow it, all at the same time. */
import { failure, RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Logger } from '../../log/logger.ts';
import { formatConninfo, redactConninfo, withoutSecrets } from '../../model/conninfo.ts';
import type { NodeRecord } from '../../model/node.ts';
import { readConninfo } from '../../postgres/conninfo-defaults.ts';
import { nodeLabel } from '../register/record.ts';
import { hostOf, type RemoteAccess, runRepmgrOn } from '../remote-node.ts';
import { optionOf } from './inspect.ts';
import { inWords, type SiblingFacts } from './sibling.ts';

export interface SiblingsContext {
  /** Its row, with the conninfo that leads to it. */
  readonly primary: NodeRecord;
  readonly access: RemoteAccess;
  /** standby_follow_timeout of this node; the others should have the same. */
  readonly followTimeoutMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Runs "standby follow" on the host of each standby, "witness register --force" on that of each witness.
 * @throws RepmgrError siblings_not_following, which names all that failed; the others follow
 */
export async function haveSiblingsFollow(
  siblings: readonly SiblingFacts[],
  context: SiblingsContext,
): Promise<void> {
  const { log, primary } = context;
  const results = await Promise.all(
    siblings.map(async (sibling) => ({ node: sibling.node, error: await follow(sibling, context) })),
  );
  const failures = results.flatMap(({ node, error }) => (error === undefined ? [] : [{ node, error }]));
  for (const { node } of results.filter(({ error }) => error === undefined)) {
    log.notice(`node ${nodeLabel(node)} follows node ${nodeLabel(primary)} now`);
  }
  if (failures.length === 0) return;
  throw failure('siblings_not_following', {
    message: `node ${nodeLabel(primary)} is the primary, but ${failures.length} of ${siblings.length} other nodes do not follow it`,
    detail: failures.map(({ node, error }) => `Node ${nodeLabel(node)}: ${inWords(error)}`).join('\n'),
    hint: 'On each of them run: repmgr standby follow (on a witness: repmgr witness register --force).',
  });
}

/** @returns why it does not follow */
async function follow(
  { node, configFile }: SiblingFacts,
  { primary, access, followTimeoutMs, log, signal }: SiblingsContext,
): Promise<RepmgrError | undefined> {
  const conninfo = formatConninfo(withoutSecrets(readConninfo(primary.conninfo)));
  const words = [
    ...optionOf(configFile),
    ...(node.role === 'witness'
      ? ['-d', conninfo, '--force', 'witness', 'register']
      : [`--node-id=${node.id}`, 'standby', 'follow']),
  ];
  log.info(`on the host of node ${nodeLabel(node)}: repmgr ${words.join(' ')}`);
  try {
    const { exitCode, stderr } = await runRepmgrOn(node, words, access, {
      deadlineMs: limits.remoteRepmgrMs + limits.serverControlMs + followTimeoutMs,
      signal,
    });
    if (exitCode === 0) return undefined;
    return failure('remote_output_unreadable', {
      message: `repmgr on host "${hostOf(node)}" ended with exit code ${exitCode}`,
      detail: redactConninfo(stderr.trim()) || 'It wrote nothing.',
      hint: 'Mend that, and run the same command on that host: repmgr standby follow; on a witness: repmgr witness register --force',
    });
  } catch (error) {
    if (error instanceof RepmgrError) return error;
    throw error;
  }
}
