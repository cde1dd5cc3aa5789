/** `repmgr cluster rotate-secret`: another secret for what the repmgrds sign. docs/http.md */
import type { ApiView } from '../api/view.ts';
import { requireSchema } from '../cluster/metadata/schema.ts';
import { secretState } from '../cluster/metadata/cluster-secret.ts';
import { describeMigrations } from '../cluster/metadata/migrations.ts';
import { ownCommand } from '../cluster/own-command.ts';
import { recordEvent } from '../cluster/record-event.ts';
import { adviceFor, planRotation, type RotationPlan, type SecretHolder } from '../cluster/secret/plan.ts';
import { rotateSecret } from '../cluster/secret/rotate.ts';
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Connection } from '../postgres/connection.ts';
import { renderJson } from '../render/json.ts';
import { renderSteps } from '../render/steps.ts';
import { waitUntil } from '../system/clock.ts';
import { askViews, readRecordedNodes } from './cluster-daemons.ts';
import type { CommandContext } from './command.ts';
import { checkedNodeId, requireConfig } from './local-node.ts';
import { connectToPrimary } from './primary-connection.ts';

/** Exit codes: 6 without a server, without a primary, or where not every repmgrd answers; 7 for a statement; 1. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const { clusterName } = requireConfig(context);
  const primary = await connectToPrimary(context);
  try {
    const migrations = await migrationsFor(primary, clusterName);
    const state = migrations.length === 0 ? await secretState(primary, clusterName) : undefined;
    const holders = await askHolders(context, primary);
    const plan = planRotation({ migrations, state, holders }, { force: options.force === true });
    for (const node of plan.left) log.warning(adviceFor(node));
    if (options.dryRun === true) {
      context.print(renderSteps(plan.steps, { isJson: options.json === true }));
      return;
    }
    await rotate(context, primary, plan, holders);
    if (options.json === true) context.print(renderJson(asObject(plan)));
    log.notice(`cluster "${clusterName}" has a new secret`);
  } finally {
    await primary.close();
  }
}

async function rotate(
  context: CommandContext,
  primary: Connection,
  plan: RotationPlan,
  holders: readonly SecretHolder[],
): Promise<void> {
  const { log } = context;
  const config = requireConfig(context);
  const { clusterName } = config;
  const event = { nodeId: checkedNodeId(config.nodeId, 'node'), name: 'cluster_rotate_secret' };
  try {
    await rotateSecret({
      primary,
      clusterName,
      known: Math.max(0, ...holders.map(({ secretVersion }) => secretVersion ?? 0)),
      spread: async (version) => await awaitHolders(context, primary, plan, version),
      again: ownCommand(config, `cluster rotate-secret${context.options.force === true ? ' --force' : ''}`),
      log,
    });
  } catch (error) {
    if (error instanceof RepmgrError) {
      const details = [error.message, error.detail].filter(Boolean).join(': ');
      await recordEvent({
        connection: primary,
        config,
        log,
        event: { ...event, isSuccessful: false, details },
      });
    }
    throw error;
  }
  const { awaited, left } = plan;
  const details = `${awaited.length} of ${awaited.length + left.length} repmgrds have the new secret`;
  await recordEvent({ connection: primary, config, log, event: { ...event, isSuccessful: true, details } });
}

/** @throws RepmgrError schema_missing, schema_unknown; secret_missing, where repmgr 3 made the metadata */
async function migrationsFor(primary: Connection, clusterName: string): Promise<readonly string[]> {
  const schema = await requireSchema(primary, clusterName);
  if (schema.kind === 'ours') return describeMigrations(schema.migration);
  throw failure('secret_missing', {
    message: `cluster "${clusterName}" has no secret yet`,
    detail: 'Its metadata are those of repmgr 3, which has none.',
    hint: 'Complete them: repmgr primary register --force, on the primary.',
  });
}

async function askHolders(context: CommandContext, primary: Connection): Promise<readonly SecretHolder[]> {
  const { clusterName } = requireConfig(context);
  const nodes = await readRecordedNodes(primary, clusterName);
  const answers = await askViews(context, { nodes, local: undefined });
  return answers.map(({ node, page, reason }) => {
    if (page === undefined) return { node, secretVersion: undefined, reason };
    if (page.cluster !== clusterName || page.node !== node.id) {
      return {
        node,
        secretVersion: undefined,
        reason: `node ${page.node} of "${page.cluster}" answers there`,
      };
    }
    const { secretVersion } = page as Partial<ApiView>;
    const tooOld = 'its repmgrd is of an older version';
    return { node, secretVersion, reason: secretVersion === undefined ? tooOld : undefined };
  });
}

async function awaitHolders(
  context: CommandContext,
  primary: Connection,
  { awaited }: RotationPlan,
  version: number,
): Promise<void> {
  const { signal } = context;
  let lacking: readonly SecretHolder[] = [];
  const isSpread = await waitUntil(
    async () => {
      const holders = await askHolders(context, primary);
      lacking = holders.filter(
        ({ node, secretVersion }) =>
          awaited.some(({ id }) => id === node.id) && (secretVersion ?? -1) < version,
      );
      return lacking.length === 0 ? true : undefined;
    },
    { deadlineMs: limits.secretSpreadMs, intervalMs: limits.secretLookMs, signal },
  );
  if (isSpread === true) return;
  const reasons = lacking.map(
    ({ node, reason }) => `node "${node.name}" (${reason ?? 'its repmgrd does not know of it'})`,
  );
  throw failure('secret_unspread', {
    message: `the new secret has not reached every repmgrd within ${limits.secretSpreadMs / 1000} s`,
    detail: `It lacks at: ${reasons.join(', ')}.`,
    hint: 'See which repmgrds run: repmgr daemon status',
  });
}

function asObject({ awaited, left }: RotationPlan): object {
  const row = (hasNewSecret: boolean) => (node: RotationPlan['awaited'][number]) => ({
    id: node.id,
    name: node.name,
    hasNewSecret,
  });
  return { nodes: [...awaited.map(row(true)), ...left.map(row(false))] };
}
