/** `repmgr debug replay FILE`: the decisions of a repmgrd that ran with --record, made again. docs/repmgrd.md */
import { readFile } from 'node:fs/promises';
import { failure, type RepmgrError } from '../errors.ts';
import type { Action } from '../failover/actions.ts';
import type { Event } from '../failover/events.ts';
import { type RecordingStart, replay, type ReplayedStep } from '../failover/recording.ts';
import { renderJson } from '../render/json.ts';
import type { CommandContext } from './command.ts';
import { decisionLine } from './decision-line.ts';

/** @throws RepmgrError recording_unreadable */
export async function run(context: CommandContext): Promise<void> {
  const { operands, options } = context;
  const path = operands[0] ?? '';
  const { state, events } = await readRecording(path);
  const decided: object[] = [];
  try {
    for (const step of replay(state, events)) {
      if (step.explanations.length === 0) continue;
      if (options.json === true) decided.push(asObject(step));
      else context.print(inWords(step));
    }
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  }
  if (options.json === true) context.print(renderJson({ steps: decided }));
}

async function readRecording(path: string): Promise<{
  readonly state: RecordingStart['state'];
  readonly events: readonly Event[];
}> {
  try {
    const [first = '', ...lines] = (await readFile(path, 'utf8')).trimEnd().split('\n');
    const start = JSON.parse(first) as RecordingStart;
    if (start.kind !== 'repmgrd recording' || start.format !== 1) {
      throw new Error('its first line is not that of a recording');
    }
    return {
      state: start.state,
      events: lines.flatMap((line, at) => eventOf(line, at === lines.length - 1)),
    };
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  }
}

/** The last line may be half a one: repmgrd was writing it, or was killed. */
function eventOf(line: string, isLast: boolean): readonly Event[] {
  try {
    return [JSON.parse(line) as Event];
  } catch (error) {
    if (isLast) return [];
    throw error;
  }
}

function unreadable(path: string, reason: string): RepmgrError {
  return failure('recording_unreadable', {
    message: `"${path}" is no recording of repmgrd that can be read`,
    detail: `${reason}.`,
    hint: 'Make one with: repmgrd -f FILE --record RECORDING',
  });
}

function inWords(step: ReplayedStep): string {
  const { event, actions, after } = step;
  const { settings, metadata, durable } = after;
  const name = metadata.nodes.find(({ id }) => id === settings.self)?.name;
  const decisions = step.explanations.map((explanation) => {
    const { rule, decision, sentence, evidence } = explanation;
    const line = decisionLine(
      { rule, decision, sentence, evidence, at: event.now.wallMs, node: settings.self, term: durable.term },
      name,
    );
    const facts = Object.entries(evidence).map(([key, value]) => `${key}=${String(value)}`);
    return facts.length === 0 ? line : `${line}    evidence: ${facts.join(', ')}\n`;
  });
  const then = actions.filter(({ kind }) => kind !== 'setTimer').map(actionInWords);
  return [
    ...decisions,
    `    after:    ${eventInWords(event)}\n`,
    ...(then.length === 0 ? [] : [`    does:     ${then.join(', ')}\n`]),
  ].join('');
}

function asObject({ event, actions, explanations }: ReplayedStep): object {
  return {
    at: new Date(event.now.wallMs),
    event: eventInWords(event),
    decisions: explanations,
    actions: actions.filter(({ kind }) => kind !== 'setTimer').map(actionInWords),
  };
}

function eventInWords(event: Event): string {
  switch (event.kind) {
    case 'messageReceived':
      return `${event.message.kind} from node ${event.from}`;
    case 'serverObserved':
      return `the server is ${event.server.condition}`;
    case 'actionFinished':
      return `action ${event.id} ended: ${event.result.kind}`;
    case 'actionFailed':
      return `action ${event.id} failed: ${event.reason}`;
    case 'operatorRequested':
      return `an operator asked for ${event.request.kind}`;
    case 'started':
    case 'tick':
    case 'metadataRead':
    case 'settingsChanged':
      return event.kind;
  }
}

function actionInWords(action: Action): string {
  if (action.kind === 'send') return `send ${action.message.kind} to node ${action.to}`;
  return 'id' in action ? `${action.kind} (action ${action.id})` : action.kind;
}
