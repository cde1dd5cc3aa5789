/** `repmgr witness register`: makes a PostgreSQL that is there the witness of a cluster. docs/witness.md */
import { ownRecord, type RegistrationWish } from '../cluster/register/record.ts';
import { hasOwnTables } from '../cluster/metadata/schema.ts';
import { inspectWitness } from '../cluster/witness/inspect.ts';
import { registerWitness } from '../cluster/witness/register.ts';
import { planWitnessRegistration } from '../cluster/witness/registration-plan.ts';
import type { Config } from '../config/resolve.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { writeFirstState } from './first-state.ts';
import { connectLocally, requireConfig } from './local-node.ts';
import { reportingWitnessEvent } from './witness-primary.ts';

/** Exit codes as repmgr 3: 6 where one of the two servers does not answer, 1 for anything refused. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const config = requireConfig(context);
  const wish = witnessWish(config, options.force === true);
  const cluster = config.clusterName;
  await reportingWitnessEvent(context, 'witness_register', async (primary, facts) => {
    const witness = config.conninfo === '' ? undefined : await connectLocally(context);
    try {
      const all = { primary: facts, witness: witness && (await inspectWitness(witness, cluster)) };
      const { steps } = planWitnessRegistration(all, wish);
      if (options.dryRun === true) {
        context.print(renderSteps(steps, { isJson: options.json === true }));
        return;
      }
      for (const step of steps) log.info(step);
      await registerWitness({ primary, witness }, all, wish);
      if (witness === undefined && hasOwnTables(facts.schema)) await writeFirstState(primary, config);
      log.notice(
        `witness node registered for cluster "${cluster}": ID ${wish.node.id}, conninfo "${redactConninfo(config.conninfo)}"`,
      );
    } finally {
      await witness?.close();
    }
  });
}

/** A witness streams from nobody, so it has neither upstream nor slot. */
export function witnessWish(config: Config, force: boolean): RegistrationWish {
  const node = { ...ownRecord(config, 'witness', undefined), slotName: undefined };
  return { node, daemonAddress: config.apiAdvertise, force };
}
