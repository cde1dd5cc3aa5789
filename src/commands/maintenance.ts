/** Maintenance of one node, which three commands spell: `node maintenance`, `daemon pause --node`, `daemon unpause --node`. */
import { limits } from '../limits.ts';
import { formatDuration } from '../model/duration.ts';
import { renderJson } from '../render/json.ts';
import { renderSteps } from '../render/steps.ts';
import { failure } from '../errors.ts';
import type { CommandContext } from './command.ts';
import { requestOfOperator, viewForPause } from './local-daemon.ts';
import { checkedNodeId } from './local-node.ts';

/** @throws RepmgrError request_refused, daemon_not_running, daemon_silent or usage */
export async function maintain(context: CommandContext, { isOver }: { isOver: boolean }): Promise<void> {
  const { options, log } = context;
  const view = await viewForPause(context);
  const id = options.node ?? options.nodeId;
  const node = id === undefined ? view.node : checkedNodeId(id, '--node');
  const known = view.nodes.find((it) => it.id === node);
  if (known === undefined) {
    throw failure('node_not_registered', {
      message: `there is no node ${node} in cluster "${view.cluster}"`,
      detail: `Its nodes are: ${view.nodes.map((it) => `${it.id} (${it.name})`).join(', ')}.`,
      hint: 'Run "repmgr cluster show" to see the nodes.',
    });
  }
  const lengthMs = isOver ? 0 : (options.forDuration ?? limits.pauseMs);
  const duration = formatDuration(lengthMs);
  const isLeader = view.leadership.leader === node;
  const what = isLeader
    ? `the whole cluster, since node "${known.name}" leads it: failover is ${isOver ? 'possible again' : `paused for ${duration}`}`
    : `node "${known.name}": ${isOver ? 'its maintenance ends' : `left alone for ${duration}`}`;
  if (options.dryRun === true) {
    context.print(renderSteps([what], { isJson: options.json === true }));
    return;
  }
  log.info(what);
  const sentence = await requestOfOperator(context, { kind: 'maintenance', node, lengthMs });
  if (options.json === true) context.print(renderJson({ nodeId: node, lengthMs, sentence }));
  log.notice(what, {
    detail: `Its repmgrd answered: ${sentence}.`,
    hint: isOver ? undefined : `It ends by itself, or with: repmgr daemon unpause --node ${node}`,
  });
}
