/** `repmgr witness create`: makes a PostgreSQL for a witness and registers it. docs/witness.md */
import { localServer } from '../cluster/local-server.ts';
import { createWitness } from '../cluster/witness/create.ts';
import type { StoredPasswords } from '../cluster/witness/role-statements.ts';
import { type CreationFacts, planWitnessCreation } from '../cluster/witness/creation-plan.ts';
import { inspectPlace } from '../cluster/witness/inspect-place.ts';
import { failure } from '../errors.ts';
import { type Conninfo, mergeConninfo, redactConninfo } from '../model/conninfo.ts';
import type { Connection } from '../postgres/connection.ts';
import { readConninfo, resolveConninfo } from '../postgres/conninfo-defaults.ts';
import { describeControl } from '../postgres/server-process.ts';
import {
  canUseStoredPassword,
  passwordOfConninfo,
  readStoredPassword,
  storedPassword,
} from '../postgres/stored-password.ts';
import { targetsOf } from '../postgres/targets.ts';
import type { ServerVersion } from '../postgres/version.ts';
import { renderSteps } from '../render/steps.ts';
import { askNewPasswords, canAsk } from '../system/ask-password.ts';
import type { CommandContext } from './command.ts';
import { requireConfig } from './local-node.ts';
import { reportingWitnessEvent } from './witness-primary.ts';
import { witnessWish } from './witness-register.ts';

/** Exit codes as repmgr 3: 6 where the primary does not answer, 1 for whatever goes wrong afterwards. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const config = requireConfig(context);
  const dataDirectory = options.dataDir ?? config.dataDirectory;
  refuseIncomplete(context, dataDirectory);
  const server = localServer(config, dataDirectory);
  const given = readConninfo(config.conninfo);
  const { user = '', dbname = '' } = await resolveConninfo(given);
  const port = targetsOf(given)[0]?.port ?? 0;
  const wish = {
    ...witnessWish(config, options.force === true),
    superuser: options.superuser ?? 'postgres',
    user,
    database: dbname,
    port,
    startStep: describeControl(server, 'start'),
  };
  await reportingWitnessEvent(context, 'witness_create', async (primary, facts) => {
    const programDirectory = config.pgBindir;
    const place = { dataDirectory: dataDirectory ?? '', programDirectory, port };
    const found = await inspectPlace(primary, place, signal);
    const password = await passwordOfRole(context, primary, given, found.initdb?.version);
    const all: CreationFacts = {
      ...found,
      primary: facts,
      witness: 'new',
      hasPassword: password !== undefined || options.passwordPrompt === true,
    };
    const plan = planWitnessCreation(all, wish);
    for (const { message, hint } of plan.warnings) log.warning(message, { hint });
    if (options.dryRun === true) {
      const steps = plan.steps.map(({ text }) => text);
      context.print(renderSteps(steps, { isJson: options.json === true }));
      return;
    }
    const asked = await askForPasswords(context, wish, found.initdb?.version);
    await createWitness({
      ...{ primary, facts: all, plan, wish, server, log, signal },
      conninfo: asked === undefined ? given : mergeConninfo(given, { password: asked.plain }),
      passwords: asked?.stored ?? { user: password, superuser: undefined },
    });
    log.notice(
      `witness node created in "${found.directory.path}" for cluster "${config.clusterName}": ID ${wish.node.id}, conninfo "${redactConninfo(config.conninfo)}"`,
      plan.steps[0]?.kind === 'move aside'
        ? { detail: `What was there before is in "${found.aside}".` }
        : undefined,
    );
  });
}

function refuseIncomplete({ options, config }: CommandContext, dataDirectory: string | undefined): void {
  const hint = 'Try it with: repmgr -h PRIMARY -D /path/to/data -f repmgr.conf witness create --dry-run';
  if (dataDirectory === undefined) {
    throw failure('usage', {
      message: 'witness create needs a data directory: -D DIRECTORY',
      detail: 'repmgr.conf has no "data_directory" either.',
      hint,
    });
  }
  if (config?.conninfo === '') {
    throw failure('usage', {
      message: 'witness create needs "conninfo" in repmgr.conf',
      detail: 'It says on which port the new server listens.',
      hint,
    });
  }
  if (options.passwordPrompt === true && options.dryRun !== true && !canAsk()) {
    throw failure('usage', {
      message: 'option "--pwprompt" needs a terminal to ask at',
      detail: 'Standard input or standard error is none: a password is neither read from a pipe nor shown.',
      hint: 'Leave it out, and put the password into PGPASSWORD or ~/.pgpass.',
    });
  }
}

/** What this command would connect with, else what the role has on the primary: it works for all nodes then. */
async function passwordOfRole(
  { options }: CommandContext,
  primary: Connection,
  conninfo: Conninfo,
  version: ServerVersion | undefined,
): Promise<string | undefined> {
  if (options.passwordPrompt === true || version === undefined) return undefined;
  const { user = '' } = await resolveConninfo(conninfo);
  const password = await passwordOfConninfo(conninfo);
  if (password !== undefined) return storedPassword(password, user, version);
  const stored = await readStoredPassword(primary, user);
  return stored !== undefined && canUseStoredPassword(stored, version) ? stored : undefined;
}

async function askForPasswords(
  { options, signal }: CommandContext,
  { user, superuser }: { readonly user: string; readonly superuser: string },
  version: ServerVersion | undefined,
): Promise<{ readonly plain: string; readonly stored: StoredPasswords } | undefined> {
  if (options.passwordPrompt !== true || version === undefined) return undefined;
  const owners = [`the superuser "${superuser}"`, ...(user === superuser ? [] : [`the role "${user}"`])];
  const [ofSuperuser = '', plain = ofSuperuser] = await askNewPasswords(owners, signal);
  return {
    plain,
    stored: {
      user: storedPassword(plain, user, version),
      superuser: storedPassword(ofSuperuser, superuser, version),
    },
  };
}
