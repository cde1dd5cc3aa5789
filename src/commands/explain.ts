/** `repmgr explain`: why there was a failover, or none, by the decisions of every repmgrd. docs/daemon.md */
import type { DecisionView } from '../api/view.ts';
import { limits } from '../limits.ts';
import { renderJson } from '../render/json.ts';
import { askDecisions, recordedDaemons } from './cluster-daemons.ts';
import type { CommandContext } from './command.ts';
import { decisionLine } from './decision-line.ts';

/** Exit code 6 where neither the repmgrd of this node nor the metadata can be asked. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const daemons = await recordedDaemons(context);
  const answers = await askDecisions(context, daemons);
  const wanted = options.node ?? options.nodeId;
  const all = answers
    .flatMap(({ page }) => page?.decisions ?? [])
    .filter(({ node }) => wanted === undefined || node === wanted)
    .toSorted((a, b) => a.at - b.at);
  const shown = options.all === true ? all : all.slice(-(options.limit ?? limits.decisionsShown));
  const names = new Map(daemons.nodes.map(({ id, name }) => [id, name]));
  const silent = answers.filter(({ reason }) => reason !== undefined);
  if (options.json === true) {
    const { pause } = context;
    const warnings = silent.map(({ node, reason }) => ({ nodeId: node.id, message: reason }));
    context.print(renderJson({ pause, decisions: shown.map((it) => asObject(it, names)), warnings }));
    return;
  }
  for (const decision of shown) context.print(decisionLine(decision, names.get(decision.node)));
  for (const { node, reason } of silent) {
    log.warning(`repmgrd of node "${node.name}" could not be asked`, { detail: reason });
  }
  if (shown.length === 0) log.notice('no repmgrd that answers has decided anything yet');
}

function asObject(decision: DecisionView, names: ReadonlyMap<number, string>): object {
  const { at, node, term, rule, decision: name, sentence, evidence } = decision;
  return {
    at: new Date(at),
    nodeId: node,
    nodeName: names.get(node),
    term,
    rule,
    decision: name,
    sentence,
    evidence,
  };
}
