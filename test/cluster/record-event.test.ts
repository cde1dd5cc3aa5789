import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EventNotificationCommand, Config } from '../../src/config/resolve.ts';
import { localTimestamp, recordEvent } from '../../src/cluster/record-event.ts';
import type { Logger } from '../../src/log/logger.ts';
import type { NodeId } from '../../src/model/node.ts';
import type { Connection } from '../../src/postgres/connection.ts';

async function notify(
  commands: readonly Partial<EventNotificationCommand>[],
  connection?: Pick<Connection, 'query'>,
): Promise<{ lines: string[]; output: () => Promise<string> }> {
  const directory = await mkdtemp(join(tmpdir(), 'repmgr-event-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const lines: string[] = [];
  const write = (level: string) => (message: string, parts?: { detail?: string | undefined }) => {
    lines.push(`${level}: ${message} / ${parts?.detail ?? ''}`);
  };
  const log = { warning: write('WARNING'), info: write('INFO'), debug: () => undefined } as unknown as Logger;
  const config = {
    clusterName: 'test',
    eventNotificationCommands: commands.map((command) => ({
      name: undefined,
      events: [],
      command: '',
      ...command,
      ...(command.command && { command: command.command.replaceAll('OUT', join(directory, 'out')) }),
    })),
  } as unknown as Config;
  await recordEvent({
    connection: connection as Connection | undefined,
    config,
    log,
    event: {
      nodeId: 2 as NodeId,
      name: 'standby_follow',
      isSuccessful: true,
      details: `it's "done" $(touch OUT) password=geheim`,
      related: { nodeId: 1 as NodeId, name: 'node1', conninfo: "host=a password='se cret' dbname=repmgr" },
    },
  });
  return { lines, output: () => readFile(join(directory, 'out'), 'utf8') };
}

test('the command gets every value, and never a password', async () => {
  const { lines, output } = await notify([
    { command: 'printf "%%s|" %n %e %s %d %a %c %p "%c" %% %x > OUT' },
  ]);
  expect(lines).toEqual([]);
  expect(await output()).toBe(
    `2|standby_follow|1|it's "done" $(touch OUT) password=***|node1|host=a dbname=repmgr|1|host=a dbname=repmgr|%|%x|`,
  );
});

test('the time that PostgreSQL gave the row is the time that the command gets', async () => {
  const query = (async () => [{ event_timestamp: '2026-11-24 10:00:00.5+01' }]) as Connection['query'];
  const { output } = await notify([{ command: 'printf "%%s" %t > OUT' }], { query });
  expect(await output()).toBe('2026-11-24 10:00:00.5+01');
});

test('a row that cannot be written is a warning, and the command still runs', async () => {
  const query = (async () => {
    throw new Error('permission denied');
  }) as Connection['query'];
  const { lines, output } = await notify([{ command: 'printf "%%s" %t > OUT' }], { query });
  expect(lines).toEqual([
    'WARNING: event "standby_follow" could not be written to the metadata / permission denied',
  ]);
  expect(await output()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4}$/);
});

test('each command has a filter of its own', async () => {
  const { output } = await notify([
    { command: 'printf first >> OUT', events: ['standby_promote'] },
    { name: 'chat', command: 'printf second >> OUT', events: ['standby_follow'] },
  ]);
  expect(await output()).toBe('second');
});

test('a failing command is a warning with its last words and the command line, without passwords', async () => {
  const { lines } = await notify([
    { name: 'chat', command: 'echo "no password=x here" >&2; exit 3; echo %d' },
  ]);
  expect(lines[0]).toBe(
    'WARNING: event_notification_command.chat failed for event "standby_follow" / Its exit code was 3. Its last line was: no password=*** here',
  );
  expect(lines[1]).toMatch(/^INFO: the command was: echo /);
  expect(lines.join()).not.toMatch(/geheim|se cret/);
});

test('a chatty command that leaves a child in the background delays nobody', async () => {
  const startMs = performance.now();
  const { lines } = await notify([{ command: 'yes | head -c 5000000; sleep 30 &' }]);
  expect(lines).toEqual([]);
  expect(performance.now() - startMs).toBeLessThan(3000);
});

test('local time is written as repmgr 3 writes it', () => {
  expect(localTimestamp(new Date())).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4}$/);
});
