/** Whether the WAL of the local server leads into that of the node to follow. Pure. */
import { failure, type RepmgrError } from '../../errors.ts';
import { formatLsn } from '../../model/lsn.ts';
import { canFollow, findDivergence } from '../../model/timeline.ts';
import { nodeLabel } from '../register/record.ts';
import type { FollowFacts } from './facts.ts';
import type { FollowWish } from './wish.ts';

/** @throws RepmgrError server_version_differs or system_identifier_differs */
export function refuseOtherCluster({ local, upstream }: FollowFacts): void {
  if (local.version.major !== upstream.version.major) {
    throw failure('server_version_differs', {
      message: 'the local server and the node to follow have different major versions of PostgreSQL',
      detail: `The local server has ${local.version.major}, node ${nodeLabel(upstream.node)} has ${upstream.version.major}.`,
      hint: 'Streaming replication needs the same major version: check -h, and "conninfo" in repmgr.conf.',
    });
  }
  const theirs = upstream.identity.systemIdentifier;
  if (local.systemIdentifier === undefined || local.systemIdentifier === theirs) return;
  throw failure('system_identifier_differs', {
    message: 'the local server belongs to another cluster than the node to follow',
    detail: `It has system identifier ${local.systemIdentifier}, node ${nodeLabel(upstream.node)} has ${theirs}.`,
    hint: 'Check -h, and "conninfo" in repmgr.conf; or clone the node with "repmgr standby clone".',
  });
}

/** @throws RepmgrError timeline_diverged */
export function refuseDivergence(facts: FollowFacts, wish: FollowWish): void {
  const { position } = facts.local;
  if (position === undefined) {
    throw diverged(
      facts,
      wish,
      'How far its WAL reaches cannot be told: it was not shut down in good order, and its WAL files cannot be read.',
    );
  }
  const { upstream } = facts;
  const history = position.history ?? upstream.historyOfLocalTimeline ?? [];
  const own = { ...position, history };
  const theirs = { timelineId: upstream.identity.timelineId, history: upstream.history };
  const reaches = `The local server is on timeline ${own.timelineId}, its WAL reaches ${formatLsn(own.lsn)}`;
  if (canFollow(own, theirs)) {
    const isSameTimeline = own.timelineId === theirs.timelineId;
    if (!isSameTimeline || upstream.isInRecovery || own.lsn <= upstream.identity.lsn) return;
    const end = formatLsn(upstream.identity.lsn);
    throw diverged(facts, wish, `${reaches}; that of ${nodeLabel(upstream.node)} ends at ${end}.`);
  }
  const divergence = findDivergence(own, theirs);
  if (divergence === undefined) {
    const place = `timeline ${theirs.timelineId}`;
    throw diverged(
      facts,
      wish,
      `${reaches}; ${nodeLabel(upstream.node)} is on ${place}, of another history.`,
    );
  }
  const at = divergence.divergedAt === undefined ? '' : ` at ${formatLsn(divergence.divergedAt)}`;
  throw diverged(
    facts,
    wish,
    `${reaches}; ${nodeLabel(upstream.node)} is on timeline ${theirs.timelineId}, and the two parted on timeline ${divergence.timelineId}${at}.`,
  );
}

function diverged({ upstream, local }: FollowFacts, wish: FollowWish, detail: string): RepmgrError {
  const { node, host, port } = upstream;
  return failure('timeline_diverged', {
    message: `the local server has WAL that node ${nodeLabel(node)} does not have, and cannot follow it`,
    detail,
    hint: `Save what only this server has, then clone it again: ${wish.ownCommand(`-h ${host} -p ${port} -D ${local.server.dataDirectory} --force standby clone`)}`,
  });
}
