/** `repmgr cluster grants`: prints, or makes, what a role needs that is no superuser. docs/plain-role.md */
import { type GrantPlan, neededFunctions, neededRoles, planGrants } from '../cluster/grants/plan.ts';
import { inspectRole, type RoleFacts } from '../cluster/grants/role.ts';
import { failure, RepmgrError } from '../errors.ts';
import { mergeConninfo } from '../model/conninfo.ts';
import { connect, sqlStateOf, type Connection } from '../postgres/connection.ts';
import { readConninfo, resolveConninfo } from '../postgres/conninfo-defaults.ts';
import { isInRecovery } from '../postgres/queries/server.ts';
import { renderJson } from '../render/json.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { requireConfig, requireOwnServer } from './local-node.ts';

/** Exit codes: 6 if the server does not answer, 1 on a standby with --execute, 7 where PostgreSQL refuses a statement. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const config = requireConfig(context);
  requireOwnServer(config);
  const { user = '' } = await resolveConninfo(readConninfo(config.conninfo));
  const connection = await connectAs(context, options.superuser);
  try {
    const { capabilities, major } = connection.version;
    const facts = await inspectRole(connection, {
      role: user,
      cluster: config.clusterName,
      roles: neededRoles(capabilities),
      functions: neededFunctions(capabilities),
    });
    const plan = planGrants(facts, capabilities);
    if (options.execute === true) await execute(context, connection, plan);
    else
      context.print(
        options.json === true ? asObject(facts, major, plan) : asScript(facts, major, plan, options.all),
      );
    if (facts.attributes?.isSuperuser === true) {
      log.notice(`role "${user}" is a superuser and needs none of this`, {
        hint: `After these grants it can do without: ALTER ROLE "${user}" NOSUPERUSER;`,
      });
    }
  } finally {
    await connection.close();
  }
}

/** The password of the conninfo is that of its role, not of the superuser. */
async function connectAs(context: CommandContext, superuser: string | undefined): Promise<Connection> {
  const { signal } = context;
  const { conninfo } = requireConfig(context);
  if (superuser === undefined) return await connect(conninfo, { signal });
  const { password: _password, ...settings } = readConninfo(conninfo);
  return await connect(mergeConninfo(settings, { user: superuser }), { signal });
}

function asScript(
  facts: RoleFacts,
  major: string,
  { grants, limits }: GrantPlan,
  all: true | undefined,
): string {
  const shown = grants.filter(({ isGranted }) => all === true || !isGranted);
  const lines = [
    `-- Role "${facts.role}" in database "${facts.database}", PostgreSQL ${major}: run as a superuser, in this database, on the primary.`,
    ...(shown.length === 0 ? ['-- Nothing is missing.'] : []),
    ...shown.flatMap(({ sql, purpose }) => [`-- To ${purpose}:`, sql]),
    '-- Without a superuser:',
    ...limits.map(({ what, reason }) => `-- * ${what} (${reason})`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function asObject({ role, database }: RoleFacts, version: string, { grants, limits }: GrantPlan): string {
  return renderJson({ role, database, postgresVersion: version, grants, limits });
}

async function execute(
  context: CommandContext,
  connection: Connection,
  { grants, limits }: GrantPlan,
): Promise<void> {
  const { options, log } = context;
  const missing = grants.filter(({ isGranted }) => !isGranted).map(({ sql }) => sql);
  if (options.dryRun === true) {
    context.print(renderSteps(missing, { isJson: options.json === true }));
    return;
  }
  if (await isInRecovery(connection)) {
    throw failure('not_a_primary', {
      message: 'rights are granted on the primary',
      detail: `${connection.host}:${connection.port} is in recovery.`,
      hint: 'Run this command on the node that is the primary; the standbys get the rights by replication.',
    });
  }
  try {
    await connection.transaction(async () => {
      for (const sql of missing) {
        log.info(sql);
        await connection.query(sql);
      }
    });
  } catch (error) {
    if (!(error instanceof RepmgrError) || sqlStateOf(error) !== '42501') throw error;
    throw failure(error.code, {
      message: error.message,
      detail: error.detail,
      hint: 'Name a superuser with -S, such as "-S postgres"; or let one run what "repmgr cluster grants" prints. Nothing was changed.',
      cause: error.cause,
    });
  }
  log.notice(missing.length === 0 ? 'nothing was missing' : `${missing.length} statements were run`);
  for (const { what, reason } of limits) log.info(what, { detail: `${reason}.` });
}
