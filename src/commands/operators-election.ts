/** `standby promote` where a repmgrd runs: it holds an election, so that no two nodes are promoted. docs/promote-and-follow.md */
import { askDaemon } from '../api/control-client.ts';
import type { LeadershipView } from '../api/view.ts';
import { ownCommand } from '../cluster/own-command.ts';
import { failure, RepmgrError } from '../errors.ts';
import type { OperatorRequest } from '../failover/operator-request.ts';
import { limits } from '../limits.ts';
import { waitUntil } from '../system/clock.ts';
import type { CommandContext } from './command.ts';
import { localView, localViewIfAny, socketOf } from './local-daemon.ts';
import { requireConfig } from './local-node.ts';

/** A repmgrd that promotes just now runs this command, through a program that hides it. */
export async function holdsElections(context: CommandContext): Promise<boolean> {
  const view = await localViewIfAny(context);
  return view !== undefined && view.leadership.stage !== 'promoting';
}

/**
 * Has the repmgrd of this node stand for election, and waits until it leads. What would not vote a moment ago may do so
 * now, such as a voter whose lease has ended, so it is asked again as long as an election can take.
 * @throws RepmgrError not_elected with what kept it from being elected, daemon_not_running, daemon_silent, interrupted
 */
export async function awaitElection(context: CommandContext): Promise<void> {
  const isForced = context.options.force === true;
  const { failover } = requireConfig(context);
  try {
    await stand(context, isForced);
  } catch (error) {
    const isRefusal = error instanceof RepmgrError && error.code === 'not_elected';
    if (!isRefusal || isForced || failover !== 'manual') throw error;
    // With it who is promoted is for the operator alone to say, as in repmgr 3.
    context.log.warning(`${error.message}: it is promoted without a majority, since failover=manual`, {
      detail: error.detail,
    });
    await stand(context, true);
  }
}

async function stand(context: CommandContext, isForced: boolean): Promise<void> {
  const { primaryLeaseMs } = requireConfig(context);
  const before = (await localView(context)).leadership;
  if (before.role === 'leader') return;
  let refusal = await refusalOf(context, { kind: 'promote', isForced });
  const outcome = await waitUntil(
    async () => {
      const now = (await localView(context)).leadership;
      if (now.role === 'leader') return 'elected';
      if (isOtherLeader(before, now)) return 'another';
      if (now.role === 'follower') refusal = await refusalOf(context, { kind: 'promote', isForced });
      return undefined;
    },
    {
      deadlineMs: primaryLeaseMs + limits.operatorsElectionMs,
      intervalMs: limits.electionLookMs,
      signal: context.signal,
    },
  );
  if (outcome !== 'elected') throw await notElected(context, refusal, outcome === 'another');
}

/** Of a later term than the one that was known at the beginning. */
function isOtherLeader(before: LeadershipView, now: LeadershipView): boolean {
  return now.role === 'follower' && now.term > before.term && now.leaderSeenMs !== null;
}

/** @returns why repmgrd does not stand at all; undefined where it does */
async function refusalOf(context: CommandContext, request: OperatorRequest): Promise<string | undefined> {
  const { isAccepted, sentence } = await askDaemon({ kind: 'operator', request }, asking(context));
  return isAccepted ? undefined : sentence;
}

async function notElected(
  context: CommandContext,
  refusal: string | undefined,
  isAnother: boolean,
): Promise<RepmgrError> {
  const config = requireConfig(context);
  const { decisions } = await askDaemon({ kind: 'decisions' }, asking(context));
  const last = decisions.findLast(({ decision }) => decision === 'stayOut' || decision === 'giveUp');
  return failure('not_elected', {
    message: isAnother ? 'another node was elected' : 'the repmgrds did not elect this node',
    detail: `Its repmgrd said: ${refusal ?? last?.sentence ?? 'nothing about it'}.`,
    hint: isAnother
      ? `See which one with: ${ownCommand(config, 'daemon status --detail')}`
      : `Remove what it names; or make sure that the former primary is down and stays so, then: ${ownCommand(config, 'standby promote --force')}`,
  });
}

function asking(context: CommandContext) {
  const path = socketOf(requireConfig(context));
  return { path, deadlineMs: limits.controlAnswerMs, signal: context.signal };
}
