/** What the sandbox commands that work on one node share. */
import { failure } from '../errors.ts';
import { renderSteps } from '../render/steps.ts';
import { sandboxCommand } from '../sandbox/directory.ts';
import { openExisting } from '../sandbox/existing.ts';
import type { SandboxNode } from '../sandbox/place.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { NodeStatus } from '../sandbox/status.ts';
import type { CommandContext } from './command.ts';

export interface ChosenNode {
  readonly sandbox: Sandbox;
  readonly node: SandboxNode;
  readonly status: NodeStatus;
}

/**
 * The NODE of the command line, by its number or its name.
 * @throws RepmgrError sandbox_missing, sandbox_node_unknown
 */
export async function chosenNode({ options, operands }: CommandContext): Promise<ChosenNode> {
  const sandbox = await openExisting(options.directory);
  const node = sandbox.node(operands[0] ?? '');
  const status = (await sandbox.status()).find(({ id }) => id === node.id);
  if (status === undefined) throw failure('internal', { message: `node ${node.id} has no status` });
  return { sandbox, node, status };
}

/** @throws RepmgrError sandbox_node_state, where the server of the node does not run */
export function requireRunning({ sandbox, node, status }: ChosenNode): void {
  if (!['stopped', 'crashed', 'empty'].includes(status.state)) return;
  throw failure('sandbox_node_state', {
    message: `the server of "${node.name}" does not run`,
    detail: `It is ${status.role}.`,
    hint: `Start it with: ${sandboxCommand(`start ${node.id}`, sandbox.directory)}`,
  });
}

/**
 * For kill, freeze and thaw: one signal to all processes of the NODE, or of its server, which runs.
 * @param outcome what is so then, behind the name of the node
 * @throws RepmgrError sandbox_missing, sandbox_node_unknown, sandbox_node_state
 */
export async function signalServer(
  context: CommandContext,
  signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT',
  send: (sandbox: Sandbox, id: number, what: 'node' | 'server') => Promise<void>,
  outcome: string,
): Promise<void> {
  const chosen = await chosenNode(context);
  requireRunning(chosen);
  const { sandbox, node } = chosen;
  const isServerAlone = context.options.serverOnly === true;
  await carryOut(
    context,
    `send ${signal} to all processes of ${isServerAlone ? 'the server of ' : ''}"${node.name}"`,
    () => send(sandbox, node.id, isServerAlone ? 'server' : 'node'),
    `"${node.name}" ${outcome}`,
  );
}

/** Prints the step with `--dry-run`; else does it, and says that it is done. */
export async function carryOut(
  context: CommandContext,
  step: string,
  work: () => Promise<void>,
  done: string,
): Promise<void> {
  const { options, log } = context;
  if (options.dryRun === true) {
    context.print(renderSteps([step], { isJson: options.json === true }));
    return;
  }
  log.info(step);
  await work();
  log.notice(done);
}
