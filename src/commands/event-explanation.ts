/** `cluster event --explain`: the decisions of the repmgrds that led to each event, as far as they remember them. */
import type { DecisionView } from '../api/view.ts';
import type { RecordedEvent } from '../cluster/metadata/event-list.ts';
import { limits } from '../limits.ts';
import { askDecisions, recordedDaemons } from './cluster-daemons.ts';
import type { CommandContext } from './command.ts';
import { decisionLine } from './decision-line.ts';

export interface RememberedDecision extends DecisionView {
  readonly nodeName: string;
}

/** @returns those of all repmgrds that answer, oldest first */
export async function rememberedDecisions(context: CommandContext): Promise<readonly RememberedDecision[]> {
  const answers = await askDecisions(context, await recordedDaemons(context));
  for (const { node, reason } of answers) {
    if (reason === undefined) continue;
    context.log.warning(`repmgrd of node "${node.name}" could not be asked`, { detail: reason });
  }
  return answers
    .flatMap(({ node, page }) => (page?.decisions ?? []).map((it) => ({ ...it, nodeName: node.name })))
    .toSorted((a, b) => a.at - b.at);
}

/**
 * What led to each event: decisions of any node from some time before it. Each belongs to the first event after it,
 * so the same is not told twice.
 */
export function decisionsOfEvents(
  events: readonly RecordedEvent[],
  decisions: readonly RememberedDecision[],
): ReadonlyMap<RecordedEvent, readonly RememberedDecision[]> {
  const decided = events
    .filter(({ event }) => event.startsWith('repmgrd_') && !undecided.includes(event))
    .toSorted((a, b) => a.time.getTime() - b.time.getTime());
  const found = new Map<RecordedEvent, RememberedDecision[]>();
  for (const decision of decisions) {
    const event = decided.find(({ time }) => {
      const afterMs = time.getTime() + limits.eventDelayMs - decision.at;
      return afterMs >= 0 && afterMs < limits.decisionsBeforeEventMs;
    });
    if (event !== undefined) found.set(event, [...(found.get(event) ?? []), decision]);
  }
  return found;
}

/** What happens to repmgrd itself, and what is only seen: it leads to decisions, and not they to it. */
const undecided = [
  'repmgrd_upstream_disconnect',
  'repmgrd_upstream_reconnect',
  'repmgrd_local_disconnect',
  'repmgrd_local_reconnect',
  'repmgrd_standby_reconnect',
  'repmgrd_peer_refused',
  'repmgrd_start',
  'repmgrd_shutdown',
  'repmgrd_reload',
  'repmgrd_config_reload',
  'repmgrd_monitor',
];

/** As text: one paragraph an event that was decided about. */
export function explainEvents(
  events: readonly RecordedEvent[],
  decisions: readonly RememberedDecision[],
): string {
  const found = decisionsOfEvents(events, decisions);
  return events
    .flatMap((event) => {
      const known = found.get(event);
      if (known === undefined) return [];
      const heading = `${event.event} on ${event.nodeName ?? `node ${event.nodeId}`}, ${event.timeText}`;
      return [`\n${heading}\n`, ...known.map((it) => `  ${decisionLine(it, it.nodeName)}`)];
    })
    .join('');
}
