/** What the commands share that talk to the repmgrd of this node. */
import { askDaemon } from '../api/control-client.ts';
import { controlSocketPath } from '../api/control-path.ts';
import type { ControlAnswer } from '../api/control-request.ts';
import type { ApiView } from '../api/view.ts';
import type { Config } from '../config/resolve.ts';
import { type ErrorParts, failure, RepmgrError } from '../errors.ts';
import type { OperatorRequest } from '../failover/operator-request.ts';
import { limits } from '../limits.ts';
import type { CommandContext } from './command.ts';
import { checkedNodeId, requireConfig } from './local-node.ts';

/** Where the repmgrd that this configuration is for listens to commands. */
export function socketOf({ stateDirectory, clusterName, nodeId }: Config): string {
  return controlSocketPath(stateDirectory, clusterName, checkedNodeId(nodeId, 'node'));
}

export type DaemonProcess = Extract<ControlAnswer, { readonly kind: 'process' }>;

/** Which process it is, also of one that waits. @throws RepmgrError daemon_not_running, daemon_silent or interrupted */
export async function localProcess(context: CommandContext): Promise<DaemonProcess> {
  const path = socketOf(requireConfig(context));
  const asking = { path, deadlineMs: limits.controlAnswerMs, signal: context.signal };
  return await askDaemon({ kind: 'process' }, asking);
}

/** @throws RepmgrError daemon_not_running, daemon_silent or interrupted */
export async function localView(context: CommandContext): Promise<ApiView> {
  const path = socketOf(requireConfig(context));
  const { signal } = context;
  const { view } = await askDaemon({ kind: 'status' }, { path, deadlineMs: limits.controlAnswerMs, signal });
  return view;
}

/** The same, where it is asked on the way to a pause. @throws as localView(), with the exit code of repmgr 5 for it */
export async function viewForPause(context: CommandContext): Promise<ApiView> {
  return await localView(context).catch((error: unknown) => {
    throw withExit(error, 'pauseFailed');
  });
}

/** The same; undefined where no repmgrd answers. */
export async function localViewIfAny(context: CommandContext): Promise<ApiView | undefined> {
  try {
    return await localView(context);
  } catch (error) {
    if (error instanceof RepmgrError && error.code !== 'interrupted') return undefined;
    throw error;
  }
}

/**
 * Has the repmgrd of this node do something, or have it done by the one that leads.
 * @param hint what to do where it is refused
 * @returns the sentence of whoever did it
 * @throws RepmgrError request_refused, with the reason; daemon_not_running or daemon_silent
 */
export async function requestOfOperator(
  context: CommandContext,
  request: OperatorRequest,
  hint = 'See which repmgrds run, and who leads, with: repmgr daemon status --detail',
): Promise<string> {
  const path = socketOf(requireConfig(context));
  // Its own limit comes first, with a sentence that says more.
  const deadlineMs = limits.operatorAnswerMs + limits.controlAnswerMs;
  try {
    const asking = { path, deadlineMs, signal: context.signal };
    const { isAccepted, sentence } = await askDaemon({ kind: 'operator', request }, asking);
    if (isAccepted) return sentence;
    throw failure('request_refused', {
      message: `the request was refused: ${sentence}`,
      detail: 'Nothing was changed, as far as is known.',
      hint,
    });
  } catch (error) {
    throw withExit(error, 'pauseFailed');
  }
}

/** The same error; where it is that no repmgrd answers, with the exit code that repmgr 5 has for it in this command. */
export function withExit(error: unknown, exit: NonNullable<ErrorParts['exit']>): unknown {
  if (!(error instanceof RepmgrError) || !error.code.startsWith('daemon_')) return error;
  const { code, message, detail, hint, cause } = error;
  return failure(code, { message, detail, hint, cause, exit });
}
