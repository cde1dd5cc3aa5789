/** `repmgr sandbox start [NODE]`: a new sandbox, a stopped one again, or one node of it. docs/sandbox.md */
import { failure } from '../errors.ts';
import { renderSteps } from '../render/steps.ts';
import { chosenDirectory, refuseUnlessEmpty, sandboxCommand, usualDirectory } from '../sandbox/directory.ts';
import { openExisting } from '../sandbox/existing.ts';
import { type MadeSandbox, makeSandbox, type MakeOptions } from '../sandbox/make.ts';
import { planSandbox } from '../sandbox/plan.ts';
import { type LeftNode, planRestart, restartFacts } from '../sandbox/restart.ts';
import type { SandboxNode } from '../sandbox/place.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { locateServer } from '../sandbox/servers.ts';
import { readState } from '../sandbox/state-file.ts';
import type { CommandContext } from './command.ts';
import { carryOut, chosenNode } from './sandbox-node.ts';
import { sandboxAsJson, sandboxAsLines, whatToTypeNext } from './sandbox-words.ts';

const defaultNodes = 3;

export async function run(context: CommandContext): Promise<void> {
  const directory = chosenDirectory(context.options.directory);
  if (context.operands.length > 0) await startNode(context);
  else if ((await readState(directory)) === undefined) await startNew(context, directory);
  else await startAgain(context);
}

async function startNode(context: CommandContext): Promise<void> {
  const { sandbox, node, status } = await chosenNode(context);
  if (status.state === 'primary' || status.state === 'standby') {
    context.log.notice(`"${node.name}" runs already: ${status.role}`);
    return;
  }
  const isFrozen = status.state === 'frozen';
  const withRepmgrd = sandbox.hasRepmgrd ? ', and its repmgrd' : '';
  await carryOut(
    context,
    isFrozen ? `let "${node.name}" go on` : `start the server of "${node.name}"${withRepmgrd}`,
    async () => {
      if (isFrozen) return await sandbox.thaw(node.id);
      await sandbox.start(node.id);
      if (sandbox.hasRepmgrd) await sandbox.startRepmgrd(node.id);
    },
    `"${node.name}" runs`,
  );
}

async function startNew(context: CommandContext, directory: string): Promise<void> {
  const { options, log, signal } = context;
  await refuseUnlessEmpty(directory);
  const server = await locateServer(options.postgresVersion?.toString());
  const nodes = options.nodes ?? defaultNodes;
  const hasRepmgrd = options.withRepmgrd === true;
  if (options.dryRun === true) {
    const steps = planSandbox({ server, directory, nodes, hasRepmgrd });
    context.print(renderSteps(steps, { isJson: options.json === true }));
    return;
  }
  const made = await makeOrRemove({
    nodes,
    major: server.major,
    directory,
    build: 'cluster',
    clusterName: 'sandbox',
    // Whoever keeps a sandbox for weeks may lose power.
    postgresqlConf: { fsync: 'on' },
    repmgrConf: {},
    hasRepmgrd,
    signal,
    onStep: (step) => log.notice(step),
  });
  await show(context, made.sandbox);
  await made.keep();
}

async function makeOrRemove(options: MakeOptions): Promise<MadeSandbox> {
  try {
    return await makeSandbox(options);
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    throw failure('interrupted', {
      message: 'the start of the sandbox was interrupted',
      detail: 'What was begun is removed.',
      hint: `Start it again with: ${sandboxCommand('start', options.directory ?? usualDirectory())}`,
      cause: error,
    });
  }
}

async function startAgain(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const sandbox = await openExisting(options.directory);
  warnOfOptions(context, sandbox);
  const statuses = await sandbox.status();
  const facts = await Promise.all(statuses.map(({ id, state }) => restartFacts(sandbox.node(id), state)));
  const plan = planRestart(facts);
  const steps = plan.start.map((id) => `start the server of "${sandbox.node(id).name}"`);
  if (sandbox.hasRepmgrd) steps.push('start a repmgrd beside each server');
  if (options.dryRun === true) {
    context.print(renderSteps(steps, { isJson: options.json === true }));
    return;
  }
  const primary = sandbox.node(statuses.find(({ state }) => state === 'primary')?.id ?? plan.start[0] ?? 1);
  // A former primary is what repmgrd brings back.
  const isLeft = ({ because }: LeftNode) =>
    !sandbox.hasRepmgrd || because !== 'it was primary before another';
  for (const left of plan.left.filter(isLeft)) {
    log.warning(`"${left.name}" is left as it is: ${left.because}`, {
      hint: hintFor(left, primary, sandbox),
    });
  }
  for (const [index, id] of plan.start.entries()) {
    if (signal.aborted) throw failure('interrupted', { message: 'the operation was interrupted' });
    log.notice(steps[index] ?? '');
    await sandbox.start(id);
  }
  if (sandbox.hasRepmgrd) {
    log.notice('start a repmgrd beside each server');
    await sandbox.startRepmgrds();
  }
  await show(context, sandbox);
}

function hintFor({ id, because }: LeftNode, primary: SandboxNode, { directory }: Sandbox): string {
  const source = `-h ${primary.host} -p ${primary.port} -U repmgr -d repmgr`;
  const clone = `run ${id} ${source} standby clone --backup-method=protocol`;
  switch (because) {
    case 'it is frozen':
      return `Let it go on with: ${sandboxCommand(`thaw ${id}`, directory)}`;
    case 'it has no data yet':
      return `Copy "${primary.name}" into it: ${sandboxCommand(clone, directory)}`;
    case 'it was primary before another':
      return `Started as it is it would be a second primary. Copy "${primary.name}" into it: ${sandboxCommand(`${clone} --force`, directory)}`;
  }
}

/** A sandbox that exists keeps its size and its version. */
function warnOfOptions({ options, log }: CommandContext, sandbox: Sandbox): void {
  const { nodes, postgresVersion } = options;
  const isLarger = nodes !== undefined && nodes !== sandbox.nodes.length;
  const isOther =
    postgresVersion !== undefined && Number.parseInt(sandbox.postgresVersion, 10) !== postgresVersion;
  if (!isLarger && !isOther) return;
  log.warning(`the sandbox in ${sandbox.directory} stays as it was made`, {
    detail: `It has ${sandbox.nodes.length} nodes of PostgreSQL ${sandbox.postgresVersion}.`,
    hint: `For another one, name another directory with --directory, or first: ${sandboxCommand('destroy', sandbox.directory)}`,
  });
}

async function show(context: CommandContext, sandbox: Sandbox): Promise<void> {
  const statuses = await sandbox.status();
  if (context.options.json === true) {
    context.print(sandboxAsJson(sandbox, statuses));
    return;
  }
  context.print(`PostgreSQL ${sandbox.postgresVersion} in ${sandbox.directory}\n\n`);
  context.print(`${sandboxAsLines(statuses)}\nWhat to type next:\n\n${whatToTypeNext(sandbox, statuses)}`);
}
