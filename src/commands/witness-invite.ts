/** `repmgr witness invite`: prints a token that lets in one witness without PostgreSQL. docs/witness.md */
import { askDaemon } from '../api/control-client.ts';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { formatDuration } from '../model/duration.ts';
import { renderJson } from '../render/json.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { localView, socketOf } from './local-daemon.ts';
import { requireConfig } from './local-node.ts';

/** Exit code 6 where no repmgrd of this node answers, 1 where it does not lead. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const config = requireConfig(context);
  const lifetimeMs = options.forDuration ?? limits.invitationMs;
  refuseLength(lifetimeMs);
  const step = `make a token that lets one witness into cluster "${config.clusterName}" within ${formatDuration(lifetimeMs)}`;
  if (options.dryRun === true) {
    const { leadership, nodes } = await localView(context);
    if (leadership.role !== 'leader')
      throw notTheLeader(nodes.find(({ id }) => id === leadership.leader)?.name);
    context.print(renderSteps([step], { isJson: options.json === true }));
    return;
  }
  log.info(step);
  const asking = { path: socketOf(config), deadlineMs: limits.controlAnswerMs, signal };
  const { given } = await askDaemon({ kind: 'invite', lifetimeMs }, asking);
  if (given === null) {
    const { leadership, nodes } = await localView(context);
    throw notTheLeader(nodes.find(({ id }) => id === leadership.leader)?.name);
  }
  const endsAt = new Date(given.endsAtMs).toISOString();
  if (options.json === true) {
    context.print(renderJson({ cluster: config.clusterName, token: given.token, endsAt }));
    return;
  }
  context.print(`${given.token}\n`);
  log.notice(`this token lets one witness in, until ${endsAt}`, {
    hint: 'On the machine of the witness: repmgr -f /etc/repmgr.conf witness join, and give the token by standard input.',
  });
}

function refuseLength(lifetimeMs: number): void {
  if (lifetimeMs > 0 && lifetimeMs <= limits.invitationLongestMs) return;
  throw failure('usage', {
    message: `a token cannot be good for ${formatDuration(lifetimeMs)}`,
    detail: `It may be from above 0 to ${formatDuration(limits.invitationLongestMs)}: whoever finds it could join.`,
    hint: 'Leave --for out for 10 minutes, or give another duration.',
  });
}

function notTheLeader(leader: string | undefined): Error {
  return failure('not_a_primary', {
    message: 'this node does not lead, so it cannot invite a witness',
    detail: leader === undefined ? 'No leader is known.' : `Node "${leader}" leads.`,
    hint:
      leader === undefined
        ? 'See what the repmgrds do with: repmgr daemon status --detail'
        : `Run the same command on "${leader}".`,
  });
}
