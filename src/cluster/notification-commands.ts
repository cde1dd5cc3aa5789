/** Runs `event_notification_command` and its further ones, each with its own filter, all at the same time. */
import type { EventNotificationCommand } from '../config/resolve.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import { type Quoting, quoteAt, substitutePlaceholders, variableAt } from '../model/command-template.ts';
import { formatConninfo, parseConninfo, redactConninfo, withoutSecrets } from '../model/conninfo.ts';
import type { NodeId } from '../model/node.ts';
import type { CommandResult } from '../system/command.ts';
import { runCommandLine } from '../system/shell.ts';

export interface RelatedNode {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly conninfo: string;
}

export interface Notification {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly isSuccessful: boolean;
  readonly timestamp: string;
  readonly details?: string | undefined;
  readonly related?: RelatedNode | undefined;
}

/** Environment variables that hold the values of the placeholders; commands may read them directly. */
const variables: Readonly<Record<string, string>> = {
  n: 'REPMGR_EVENT_NODE_ID',
  e: 'REPMGR_EVENT',
  s: 'REPMGR_EVENT_SUCCESSFUL',
  t: 'REPMGR_EVENT_TIMESTAMP',
  d: 'REPMGR_EVENT_DETAILS',
  a: 'REPMGR_EVENT_RELATED_NAME',
  c: 'REPMGR_EVENT_RELATED_CONNINFO',
  p: 'REPMGR_EVENT_RELATED_NODE_ID',
};

/** Waits for all commands that want this event, each at most `limits.notificationCommandMs`; never throws. */
export async function runNotificationCommands(
  commands: readonly EventNotificationCommand[],
  notification: Notification,
  log: Logger,
): Promise<void> {
  const wanted = commands.filter(({ events }) => events.length === 0 || events.includes(notification.name));
  await Promise.all(wanted.map((command) => runOne(command, notification, log)));
}

async function runOne(
  command: EventNotificationCommand,
  notification: Notification,
  log: Logger,
): Promise<void> {
  const values = valuesOf(notification);
  const parameter =
    command.name === undefined ? 'event_notification_command' : `event_notification_command.${command.name}`;
  try {
    log.debug(`running ${parameter} for event "${notification.name}"`);
    // The shell gets references to variables, not the values: it has no occasion to read a value as its language.
    const result = await runCommandLine(`${quietly}${expandWith(command.command, values, byVariable)}`, {
      deadlineMs: limits.notificationCommandMs,
      env: { ...process.env, ...environmentOf(values) },
    });
    if (result.exitCode === 0 && !result.timedOut) return;
    log.warning(`${parameter} failed for event "${notification.name}"`, { detail: describeEnd(result) });
    log.info(`the command was: ${redactConninfo(expandWith(command.command, values, byValue))}`);
  } catch (error) {
    log.warning(`${parameter} could not be run for event "${notification.name}"`, {
      detail: redactConninfo(error instanceof Error ? error.message : String(error)),
    });
  }
}

/** What a command prints is for nobody; what it leaves in the background must not die of our closed pipe. */
const quietly = 'exec >/dev/null\n';

type Values = ReadonlyMap<string, string>;

function valuesOf(notification: Notification): Values {
  const { related } = notification;
  const values: readonly (readonly [string, string])[] = [
    ['n', String(notification.nodeId)],
    ['e', notification.name],
    ['s', notification.isSuccessful ? '1' : '0'],
    ['t', notification.timestamp],
    ['d', notification.details ?? ''],
    ['a', related?.name ?? ''],
    ['c', related === undefined ? '' : shownConninfo(related.conninfo)],
    ['p', related === undefined ? '' : String(related.nodeId)],
  ];
  return new Map(values.map(([letter, value]) => [letter, presentable(value)]));
}

/** No environment can hold a NUL, and one variable no more than the system allows. */
function presentable(value: string): string {
  const text = value.replaceAll('\0', '');
  if (Buffer.byteLength(text) <= limits.notificationValueBytes) return text;
  return Buffer.from(text)
    .subarray(0, limits.notificationValueBytes)
    .toString()
    .replace(/\uFFFD$/, '');
}

/** A conninfo that still connects where the password comes from elsewhere. */
function shownConninfo(conninfo: string): string {
  const parsed = parseConninfo(conninfo);
  return parsed.kind === 'invalid'
    ? redactConninfo(conninfo)
    : formatConninfo(withoutSecrets(parsed.conninfo));
}

function environmentOf(values: Values): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([letter, variable]) => [variable, values.get(letter) ?? '']),
  );
}

type Rendering = (letter: string, value: string, quoting: Quoting) => string;

const byVariable: Rendering = (letter, _value, quoting) => variableAt(variables[letter] ?? '', quoting);
const byValue: Rendering = (_letter, value, quoting) => quoteAt(value, quoting);

function expandWith(template: string, values: Values, render: Rendering): string {
  return substitutePlaceholders(template, (letter, quoting) => {
    const value = values.get(letter);
    return value === undefined ? undefined : render(letter, value, quoting);
  });
}

function describeEnd(result: CommandResult): string {
  const end = result.timedOut
    ? `It was ended after ${limits.notificationCommandMs / 1000} s.`
    : `Its exit code was ${result.exitCode}.`;
  const said = redactConninfo(result.stderr.trim().split('\n').at(-1) ?? '');
  return said === '' ? end : `${end} Its last line was: ${said}`;
}
