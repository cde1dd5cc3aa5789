/** `repmgr standby promote`: makes the local standby the primary of its cluster. docs/promote-and-follow.md */
import { isOrderedByDaemon } from '../cluster/daemon-action.ts';
import { ownCommand } from '../cluster/own-command.ts';
import { promote } from '../cluster/promote/execute.ts';
import { inspectPromotion } from '../cluster/promote/inspect.ts';
import { planPromotion } from '../cluster/promote/plan.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { connectLocally, requireConfig } from './local-node.ts';
import { awaitElection, holdsElections } from './operators-election.ts';
import { callSiblings, prepareSiblings } from './siblings.ts';

/**
 * Exit codes as repmgr 3: 6 without a local server, 1 for anything refused or where the repmgrds elect another node or none, 4 when the server does not take the order,
 * 11 when it is not writable in time, 7 when the metadata could not be updated afterwards; 22 when it is promoted, and
 * not all others follow with --siblings-follow.
 */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const config = requireConfig(context);
  const local = await connectLocally(context);
  try {
    const facts = await inspectPromotion(local, config, signal);
    const isOrdered = isOrderedByDaemon(context.environment);
    const plan = planPromotion(facts, {
      force: options.force === true,
      isByElection: !isOrdered && (await holdsElections(context)),
      deadlineMs: config.promoteCheckTimeoutMs,
      ownCommand: (words) => ownCommand(config, words),
    });
    const siblings = await prepareSiblings(context, local, facts, plan);
    const { steps = [], warnings = [] } = siblings ?? {};
    for (const { message, hint } of [...plan.warnings, ...warnings]) log.warning(message, { hint });
    if (options.dryRun === true) {
      context.print(renderSteps([...plan.steps, ...steps], { isJson: options.json === true }));
      return;
    }
    const onPromoted = siblings && (() => callSiblings(context, siblings, plan));
    await promote(local, plan, {
      config,
      server: facts.server,
      isOrderedByDaemon: isOrdered,
      awaitElection: async () => await awaitElection(context),
      log,
      signal,
      onPromoted,
    });
  } finally {
    await local.close();
  }
}
