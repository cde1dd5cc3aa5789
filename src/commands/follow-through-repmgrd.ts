/** `standby follow` of a standby with failover=manual: its repmgrd, where one runs, judges it and does it. */
import { askDaemon } from '../api/control-client.ts';
import { isOrderedByDaemon } from '../cluster/daemon-action.ts';
import type { LocalFacts } from '../cluster/follow/local.ts';
import { ownCommand } from '../cluster/own-command.ts';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import type { NodeId } from '../model/node.ts';
import { waitUntil } from '../system/clock.ts';
import type { CommandContext } from './command.ts';
import { localViewIfAny, socketOf } from './local-daemon.ts';
import { requireConfig } from './local-node.ts';

/** Options that say it otherwise than repmgr.conf, which is all that repmgrd goes by. */
const ownSettings = [
  'dataDir',
  'replicationUser',
  'replicationConninfo',
  'noConninfoPassword',
  'recoveryMinApplyDelay',
] as const;

/**
 * Before there is a leader nothing binds a standby; in a pause, and in maintenance of this node, repmgrd leaves the
 * server to the operator.
 * @throws RepmgrError interrupted
 */
export async function isThroughRepmgrd(context: CommandContext, { state }: LocalFacts): Promise<boolean> {
  const { failover, standbyFollowRestart } = requireConfig(context);
  const hasOwnSettings =
    standbyFollowRestart || ownSettings.some((name) => context.options[name] !== undefined);
  const isRunning = state.kind === 'running';
  if (failover !== 'manual' || !isRunning || hasOwnSettings || isOrderedByDaemon(context.environment))
    return false;
  const view = await localViewIfAny(context);
  return (
    view !== undefined &&
    view.leadership.leader !== null &&
    view.pause === null &&
    view.maintenanceLeftMs === null
  );
}

/**
 * Right after a promotion it may not have heard of the new primary yet, so it is asked for a moment.
 * @throws RepmgrError request_refused (1) with its reason, daemon_not_running, daemon_silent, interrupted
 */
export async function followThroughRepmgrd(context: CommandContext, node: NodeId): Promise<void> {
  const { signal } = context;
  const config = requireConfig(context);
  const asking = { path: socketOf(config), deadlineMs: limits.controlAnswerMs, signal };
  let refusal = '';
  const accepted = await waitUntil(
    async () => {
      const request = { kind: 'follow', node } as const;
      const { isAccepted, sentence } = await askDaemon({ kind: 'operator', request }, asking);
      if (!isAccepted) refusal = sentence;
      return isAccepted ? true : undefined;
    },
    { deadlineMs: limits.followJudgedMs, intervalMs: limits.followLookMs, signal },
  );
  if (accepted === true) return;
  throw failure('request_refused', {
    message: `the repmgrd of this node does not let it follow node ${node}`,
    detail: `It said: ${refusal}. Nothing was changed.`,
    hint: `See who leads with: ${ownCommand(config, 'daemon status --detail')}; where its WAL diverged, stop it and run: ${ownCommand(config, '-h HOST node rejoin')}`,
    exit: 'badConfiguration',
  });
}
