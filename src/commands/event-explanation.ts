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

/** The last ones of any node before the event; of events that no repmgrd decides about there are none. */
export function decisionsBefore(
  { event, time }: RecordedEvent,
  decisions: readonly DecisionView[],
): readonly DecisionView[] {
  if (!event.startsWith('repmgrd_') || undecided.includes(event)) return [];
  const until = time.getTime() + limits.eventDelayMs;
  return decisions
    .filter(({ at }) => at <= until && at > until - limits.decisionsBeforeEventMs)
    .slice(-limits.decisionsShown);
}

/** What happens to repmgrd itself. */
const undecided = [
  'repmgrd_start',
  'repmgrd_shutdown',
  'repmgrd_reload',
  'repmgrd_config_reload',
  'repmgrd_monitor',
];

/** As text: one paragraph an event that was decided about. */
export function explainEvents(events: readonly RecordedEvent[], decisions: readonly DecisionView[]): string {
  return events
    .flatMap((event) => {
      const known = decisionsBefore(event, decisions);
      if (known.length === 0) return [];
      const heading = `${event.event} on ${event.nodeName ?? `node ${event.nodeId}`}, ${event.timeText}`;
      return [`\n${heading}\n`, ...known.map((it) => `  ${decisionLine(it, nameOf(it, events))}`)];
    })
    .join('');
}

function nameOf({ node }: DecisionView, events: readonly RecordedEvent[]): string | undefined {
  return events.find(({ nodeId }) => nodeId === node)?.nodeName;
}
