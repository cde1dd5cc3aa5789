/** `repmgr cluster event`: what happened to the cluster, newest first. docs/cluster-event.md */
import { listEvents, type RecordedEvent } from '../cluster/metadata/event-list.ts';
import { requireSchema } from '../cluster/metadata/schema.ts';
import { limits } from '../limits.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { renderCsv } from '../render/csv.ts';
import { renderJson } from '../render/json.ts';
import { renderTable } from '../render/table.ts';
import { clusterConninfo, connectToCluster, nameOfCluster } from './cluster-connection.ts';
import type { CommandContext } from './command.ts';
import {
  decisionsOfEvents,
  explainEvents,
  type RememberedDecision,
  rememberedDecisions,
} from './event-explanation.ts';

/** Exit codes: 6 if the server does not answer, 1 if it has no metadata of the cluster, 7 if they cannot be read. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const cluster = nameOfCluster(context);
  const connection = await connectToCluster(context, clusterConninfo(context));
  try {
    await requireSchema(connection, cluster);
    const filter = {
      nodeId: options.nodeId ?? options.node,
      nodeName: options.nodeName,
      event: options.event,
      limit: options.all === true ? undefined : (options.limit ?? limits.eventsShown),
    };
    const deadlineMs = limits.historyStatementMs;
    const events = await listEvents(connection, cluster, filter, { deadlineMs, signal });
    const decisions = options.explain === true ? await rememberedDecisions(context) : undefined;
    context.print(render(context, cluster, events, decisions));
    if (events.length === 0) log.notice('no event of that kind is recorded');
  } finally {
    void connection.close();
  }
}

function render(
  { options, pause }: CommandContext,
  cluster: string,
  events: readonly RecordedEvent[],
  decisions: readonly RememberedDecision[] | undefined,
): string {
  if (options.json === true) {
    const found = decisions && decisionsOfEvents(events, decisions);
    return renderJson({
      cluster,
      pause,
      events: events.map((recorded) => {
        const { nodeId, nodeName, event, isSuccessful, time, details } = recorded;
        return {
          nodeId,
          nodeName,
          event,
          successful: isSuccessful,
          eventTimestamp: time,
          details: details && redactConninfo(details),
          ...(found === undefined ? {} : { decisions: found.get(recorded) ?? [] }),
        };
      }),
    });
  }
  const rows = events.map(cellsOf);
  if (options.csv === true) return renderCsv(rows);
  const headings = ['Node ID', 'Name', 'Event', 'OK', 'Timestamp', 'Details'];
  const shown = options.compact === true ? headings.slice(0, -1) : headings;
  const table = renderTable(
    shown.map((heading) => ({ heading })),
    rows,
  );
  return decisions === undefined ? table : `${table}${explainEvents(events, decisions)}`;
}

function cellsOf({ nodeId, nodeName, event, isSuccessful, timeText, details }: RecordedEvent): string[] {
  return [
    String(nodeId),
    nodeName ?? '',
    event,
    isSuccessful ? 't' : 'f',
    timeText,
    redactConninfo(details ?? ''),
  ];
}
