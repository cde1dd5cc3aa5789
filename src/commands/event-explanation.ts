/** `cluster event --explain`: the decisions of the repmgrds that led to each event, as far as they remember them. */
import type { DecisionView } from '../api/view.ts';
import type { RecordedEvent } from '../cluster/metadata/event-list.ts';
import { limits } from '../limits.ts';
import { askDecisions, recordedDaemons } from './cluster-daemons.ts';
import type { CommandContext } from './command.ts';
import { decisionLine } from './decision-line.ts';

/** @returns those of all repmgrds that answer, oldest first */
export async function rememberedDecisions(context: CommandContext): Promise<readonly DecisionView[]> {
  const answers = await askDecisions(context, await recordedDaemons(context));
  for (const { node, reason } of answers) {
    if (reason === undefined) continue;
    context.log.warning(`repmgrd of node "${node.name}" could not be asked`, { detail: reason });
  }
  return answers.flatMap(({ page }) => page?.decisions ?? []).toSorted((a, b) => a.at - b.at);
}

/** Those of any node from a minute before the event up to it. */
export function decisionsBefore(
  { time }: RecordedEvent,
  decisions: readonly DecisionView[],
): readonly DecisionView[] {
  const until = time.getTime() + limits.eventDelayMs;
  return decisions.filter(({ at }) => at <= until && at > until - limits.decisionsBeforeEventMs);
}

/** As text: one paragraph an event. */
export function explainEvents(events: readonly RecordedEvent[], decisions: readonly DecisionView[]): string {
  return events
    .map((event) => {
      const lines = decisionsBefore(event, decisions).map(
        (it) => `  ${decisionLine(it, nameOf(it, events))}`,
      );
      const heading = `${event.event} on ${event.nodeName ?? `node ${event.nodeId}`}, ${event.timeText}`;
      return `\n${heading}\n${lines.length === 0 ? '  no repmgrd remembers a decision about it\n' : lines.join('')}`;
    })
    .join('');
}

function nameOf({ node }: DecisionView, events: readonly RecordedEvent[]): string | undefined {
  return events.find(({ nodeId }) => nodeId === node)?.nodeName;
}
