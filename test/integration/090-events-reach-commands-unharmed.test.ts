/** What an event says arrives in the row and in the command exactly, whatever it contains; passwords arrive nowhere. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { itWithDebian } from '../support/debian.ts';
import { psql } from '../support/libpq.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile, withSettings } from '../support/sandbox-files.ts';

/** What a shell, a C program or a terminal might take for something else than text. */
const hostile = `'"\`touch stolen\`$(touch stolen)\${HOME}\\'\\"\\$x $HOME ~ * ; | & < > ! # %n %% \n second line\t-e \u00e4\u20ac\u{1f418} \u0007`;
const nameOfPrimary = `it's "one" $(touch stolen) \`touch stolen\``;

describe('an event', () => {
  let sandbox: Sandbox;
  let dump: string;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 2, build: 'primary' });
    dump = await putFile(sandbox, 'dump', '#!/bin/sh\nprintf "%s\\0" "$@" > "$OUT"\n', 0o755);
    const { conninfo } = sandbox.node(1);
    const primary = await withSettings(sandbox, 1, {
      node_name: nameOfPrimary,
      conninfo: `${conninfo} password='open sesame' application_name='it\\'s "$(me)"'`,
    });
    expect(await sandbox.repmgr(1, [...primary, 'primary', 'register'])).toMatchObject({ exitCode: 0 });
    await sandbox.query(
      1,
      `CREATE TABLE excuse (text text);
       CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION USING MESSAGE = (SELECT text FROM excuse); END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON repmgr_sandbox.repl_nodes FOR EACH ROW
         WHEN (NEW.id = 2) EXECUTE PROCEDURE refuse()`,
    );
  });
  const out = () => join(sandbox.directory, 'home', 'out');
  const received = async () => (await readFile(out(), 'utf8')).split('\0').slice(0, -1);

  /** Node 2 is not running; it registers by the connection options, and PostgreSQL refuses with the given words. */
  const failToRegister = async (excuse: string, command: string) => {
    await sandbox.query(1, 'DELETE FROM excuse');
    await sandbox.query(1, 'INSERT INTO excuse VALUES ($1)', [excuse]);
    await sandbox.query(1, 'DELETE FROM repmgr_sandbox.repl_events');
    const file = await withSettings(sandbox, 2, { event_notification_command: command });
    const { host, port } = sandbox.node(1);
    const options = ['--force', '-h', host, '-p', String(port), '-U', 'repmgr', '-d', 'repmgr'];
    const result = await sandbox.repmgr(2, [...file, 'standby', 'register', ...options], {
      env: { OUT: out() },
    });
    const [row] = await sandbox.query<{ details: string; time: string }>(
      1,
      'SELECT details, event_timestamp::text AS time FROM repmgr_sandbox.repl_events',
    );
    return { ...result, row };
  };

  it('keeps quotes, dollars, backquotes, newlines and other traps as they are, in every kind of quotes', async () => {
    const command = `${dump} %n %e %s "%t" %t '%d' %d "%d" x%dy "a '%d' b" %a "%a" '%a' "%c" %p %% %x %`;
    const { row, exitCode, stderr } = await failToRegister(hostile, command);
    expect(exitCode).toBe(1);
    expect(stderr).not.toContain('WARNING: event');
    expect(row?.details).toContain(hostile);
    const details = row?.details ?? '';
    const { conninfo } = sandbox.node(1);
    const conninfoOfPrimary = `${conninfo} application_name='it\\'s "$(me)"'`;
    expect(await received()).toEqual([
      ...['2', 'standby_register', '0', row?.time, row?.time, details, details, details, `x${details}y`],
      ...[`a '${details}' b`, nameOfPrimary, nameOfPrimary, nameOfPrimary, conninfoOfPrimary, '1'],
      ...['%', '%x', '%'],
    ]);
    const files = await sandbox.run('find', [sandbox.directory, '-name', 'stolen']);
    expect(files.stdout).toBe('');
  });

  it('tells the values in the environment too, for commands that read them there', async () => {
    const { row } = await failToRegister(
      hostile,
      `${dump} "$REPMGR_EVENT_NODE_ID" "$REPMGR_EVENT" "$REPMGR_EVENT_SUCCESSFUL" "$REPMGR_EVENT_TIMESTAMP" "$REPMGR_EVENT_DETAILS" "$REPMGR_EVENT_RELATED_NAME" "$REPMGR_EVENT_RELATED_NODE_ID"`,
    );
    expect(await received()).toEqual([
      ...['2', 'standby_register', '0', row?.time, row?.details, nameOfPrimary, '1'],
    ]);
  });

  it('cuts for the command what is too long for a command, and keeps it whole in the row', async () => {
    const long = 'ä'.repeat(500_000);
    const { row } = await failToRegister(long, `${dump} %d %d '%d'`);
    expect(row?.details).toContain(long);
    const [first = '', ...others] = await received();
    expect(others).toEqual([first, first]);
    expect(row?.details.startsWith(first)).toBe(true);
    expect(Buffer.byteLength(first)).toBeGreaterThan(32_000);
    expect(Buffer.byteLength(first)).toBeLessThanOrEqual(32 * 1024);
  });

  it('shows no password in the row, the command or the log', async () => {
    const excuse = `bad conninfo "host=x password='open sesame' user=u" or postgresql://u:sesame@h/db`;
    const { row, stderr } = await failToRegister(excuse, `env > "$OUT"; echo %d %c >&2; exit 1`);
    const environment = await readFile(out(), 'utf8');
    expect(environment).toContain('REPMGR_EVENT_DETAILS=');
    for (const text of [row?.details ?? '', environment, stderr]) {
      expect(text).not.toContain('sesame');
      expect(text).toContain('***');
    }
  });
});

describe('the row of an event', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
    expect(await sandbox.repmgr(1, ['primary', 'register'])).toMatchObject({ exitCode: 0 });
  });
  beforeEach(() => sandbox.query(1, 'DELETE FROM repmgr_sandbox.repl_events'));
  const out = () => join(sandbox.directory, 'home', 'out');
  const register = async (settings: Readonly<Record<string, string>>) => {
    const file = await withSettings(sandbox, 1, settings);
    await putFile(sandbox, 'home/out', '');
    const result = await sandbox.repmgr(1, [...file, 'primary', 'register', '--force'], {
      env: { OUT: out() },
    });
    return { ...result, output: await readFile(out(), 'utf8') };
  };

  itWithDebian('is there before the command runs', async () => {
    const { output } = await register({
      event_notification_command: `${psql} -XAt "${sandbox.node(1).conninfo}" -c 'SELECT node_id, event FROM repmgr_sandbox.repl_events' > "$OUT"`,
    });
    expect(output).toBe('1|master_register\n');
  });

  it('that cannot be written is a WARNING; the command still runs, with the time of this machine', async () => {
    await sandbox.query(
      1,
      "ALTER TABLE repmgr_sandbox.repl_events ADD CONSTRAINT silence CHECK (event <> 'master_register')",
    );
    const { exitCode, stderr, output } = await register({
      event_notification_command: 'printf "%%s" %t > "$OUT"',
    });
    await sandbox.query(1, 'ALTER TABLE repmgr_sandbox.repl_events DROP CONSTRAINT silence');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /^WARNING: event "master_register" could not be written to the metadata\nDETAIL: .*violates check constraint "silence"/,
    );
    expect(output).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4}$/);
  });

  it('is written whatever event_notifications says; commands run for the events of their own list only', async () => {
    const { output, stderr } = await register({
      event_notification_command: 'echo all >> "$OUT"',
      'event_notification_command.chat': 'echo chat >> "$OUT"',
      'event_notifications.chat': 'standby_promote, master_register',
      'event_notification_command.pager': 'echo pager >> "$OUT"',
      'event_notifications.pager': 'standby_promote,Master_Register',
    });
    expect(stderr).toMatch(/^WARNING: [^\n]*"Master_Register"; did you mean "master_register"\?\nNOTICE: /);
    expect(output.split('\n').toSorted()).toEqual(['', 'all', 'chat']);
    const filtered = await register({
      event_notification_command: 'echo all >> "$OUT"',
      event_notifications: 'repmgrd_failover_promote',
    });
    expect(filtered.output).toBe('');
    expect(await sandbox.query(1, 'SELECT event, successful FROM repmgr_sandbox.repl_events')).toEqual([
      { event: 'master_register', successful: true },
      { event: 'master_register', successful: true },
    ]);
  });
});
