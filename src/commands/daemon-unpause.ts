/** `repmgr daemon unpause`: ends a pause before its time. docs/daemon.md */
import { renderJson } from '../render/json.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { requestOfOperator, viewForPause } from './local-daemon.ts';
import { maintain } from './maintenance.ts';

const hint =
  'Where the primary is gone for good, end it on a majority of the nodes, on each with: repmgr daemon unpause --force';

/** Exit code 26 where it was refused, or no repmgrd of this node runs. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  if ((options.node ?? options.nodeId) !== undefined) return await maintain(context, { isOver: true });
  const step = 'have the pause of failover ended in the whole cluster';
  if (options.dryRun === true) {
    await viewForPause(context);
    context.print(renderSteps([step], { isJson: options.json === true }));
    return;
  }
  log.info(step);
  const isForced = options.force === true;
  const sentence = await requestOfOperator(
    context,
    { kind: 'unpause', isForced },
    isForced ? undefined : hint,
  );
  if (options.json === true) context.print(renderJson({ paused: false, sentence }));
  log.notice('failover is possible again', { detail: `The repmgrd said: ${sentence}.` });
}
