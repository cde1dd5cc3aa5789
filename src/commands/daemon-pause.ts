/** `repmgr daemon pause`: no failover for a while; kept by a majority of the repmgrds. docs/daemon.md */
import { limits } from '../limits.ts';
import { formatDuration } from '../model/duration.ts';
import { renderJson } from '../render/json.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { requestOfOperator, viewForPause } from './local-daemon.ts';
import { maintain } from './maintenance.ts';

/** Exit code 26 where it was refused, or no repmgrd of this node runs. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  if ((options.node ?? options.nodeId) !== undefined) return await maintain(context, { isOver: false });
  const lengthMs = options.forDuration ?? limits.pauseMs;
  const reason = options.reason ?? 'an operator asked for it';
  const duration = formatDuration(lengthMs);
  const step = `have failover paused in the whole cluster for ${duration}: ${reason}`;
  if (options.dryRun === true) {
    await viewForPause(context);
    context.print(renderSteps([step], { isJson: options.json === true }));
    return;
  }
  log.info(step);
  const sentence = await requestOfOperator(context, { kind: 'pause', lengthMs, reason });
  if (options.json === true) context.print(renderJson({ paused: true, lengthMs, reason, sentence }));
  log.notice(`failover is paused for ${duration}`, {
    detail: `The repmgrd said: ${sentence}.`,
    hint: 'It ends by itself, or with: repmgr daemon unpause',
  });
}
