/** `standby clone --replication-conf-only`: nothing is copied, only the recovery settings are written. docs/cloning.md */
import { attach, inspectAttach } from '../cluster/clone/attach.ts';
import { planAttach } from '../cluster/clone/attach-plan.ts';
import type { CloneWish } from '../cluster/clone/wish.ts';
import { renderSteps } from '../render/steps.ts';
import { whatNext } from './clone-next.ts';
import type { CommandContext } from './command.ts';

/** @throws RepmgrError as planAttach and attach; nothing is changed then */
export async function writeReplicationConfiguration(context: CommandContext, wish: CloneWish): Promise<void> {
  const { options, log, signal } = context;
  const facts = await inspectAttach(wish, { log, signal });
  const plan = planAttach(facts, wish);
  for (const { level, message, ...parts } of plan.remarks) log[level](message, parts);
  if (options.dryRun === true) {
    context.print(
      renderSteps(
        plan.steps.map(({ text }) => text),
        { isJson: options.json === true },
      ),
    );
    return;
  }
  await attach(facts, plan, { log, signal });
  log.notice(`the recovery settings of "${plan.dataDirectory}" are written`);
  whatNext(context, facts.metadata, { dataDirectory: plan.dataDirectory, isRunning: plan.isRunning });
}
