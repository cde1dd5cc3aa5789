/** What runs on an open connection: it ends in time, it is rolled back where it fails, and a lost server is told. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect, type Connection } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';

let sandbox: Sandbox;
const open: Connection[] = [];
beforeAll(async () => {
  sandbox = await sandboxForTest({ nodes: 1, build: 'primary' });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()));
});

async function connection(more = ''): Promise<Connection> {
  const opened = await connect(`${sandbox.node(1).conninfo} ${more}`);
  open.push(opened);
  return opened;
}

const sleepers = () =>
  sandbox.query(
    1,
    "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid()",
  );

describe('a statement', () => {
  it('is given up after its deadline, in the server too; the connection is of no use afterwards', async () => {
    const used = await connection();
    const startedAtMs = performance.now();
    await expect(used.query('SELECT pg_sleep(600)', [], { deadlineMs: 300 })).rejects.toMatchObject({
      code: 'query_timeout',
      exitCode: 7,
      message: `PostgreSQL at "127.0.0.1:${sandbox.node(1).port}" did not answer within 0.3 s`,
      detail: 'The connection was given up. The statement was: SELECT pg_sleep(600)',
    });
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
    await vi.waitFor(async () => expect(await sleepers()).toEqual([]), 10_000);
    await expect(used.query('SELECT 1')).rejects.toMatchObject({ code: 'query_timeout' });
  });

  it('is given up when the user interrupts', async () => {
    const used = await connection();
    const controller = new AbortController();
    const statement = used.query('SELECT pg_sleep(600)', [], { signal: controller.signal });
    await vi.waitFor(async () => expect(await sleepers()).toHaveLength(1), 10_000);
    controller.abort();
    await expect(statement).rejects.toMatchObject({ code: 'interrupted' });
    await vi.waitFor(async () => expect(await sleepers()).toEqual([]), 10_000);
  });

  it('that waits for a lock is given up as well, and what went before in its transaction is undone', async () => {
    await sandbox.query(1, 'CREATE TABLE queue (id integer)');
    const [holder, waiter] = [await connection(), await connection()];
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE queue');
    const work = waiter.transaction(async () => {
      await waiter.query('CREATE TABLE half (id integer)');
      await waiter.query('INSERT INTO queue VALUES (1)', [], { deadlineMs: 300 });
    });
    await expect(work).rejects.toMatchObject({ code: 'query_timeout' });
    await holder.query('ROLLBACK');
    await vi.waitFor(
      async () => expect(await sandbox.query(1, "SELECT 1 FROM pg_class WHERE relname = 'half'")).toEqual([]),
      10_000,
    );
    expect(await sandbox.query(1, 'SELECT * FROM queue')).toEqual([]);
  });

  it('on a server that hangs is given up too', async () => {
    const used = await connection();
    await sandbox.freeze(1);
    const startedAtMs = performance.now();
    await expect(used.query('SELECT 1', [], { deadlineMs: 500 })).rejects.toMatchObject({
      code: 'query_timeout',
    });
    await used.close();
    expect(performance.now() - startedAtMs).toBeLessThan(2_500);
    await sandbox.thaw(1);
  });

  it('that is refused tells why, and leaves the connection usable', async () => {
    const used = await connection();
    await expect(
      used.query("CREATE ROLE somebody PASSWORD 'geheim' CONNECTION LIMIT x"),
    ).rejects.toMatchObject({
      code: 'query_failed',
      exitCode: 7,
      detail: expect.stringMatching(/^SQLSTATE 42601, in: CREATE ROLE somebody PASSWORD \*\*\*/),
    });
    expect(await used.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('gives numbers, booleans, times and null as such, and what does not fit a number as text', async () => {
    const used = await connection("options='-c DateStyle=German -c TimeZone=UTC' client_encoding=LATIN1");
    expect(
      await used.query(
        `SELECT 1 AS small, 9007199254740993 AS large, true AS yes, NULL AS nothing, 'ä€🐘' AS text,
                '0/16B3748'::pg_lsn AS lsn, '2026-11-24 10:00:00+01'::timestamptz AS time, $1::text AS given`,
        [`it's "\\`],
      ),
    ).toEqual([
      {
        ...{ small: 1, large: '9007199254740993', yes: true, nothing: null, text: 'ä€🐘', lsn: '0/16B3748' },
        ...{ time: new Date('2026-11-24T09:00:00Z'), given: `it's "\\` },
      },
    ]);
  });
});

describe('a session', () => {
  it('commits without a synchronous standby, whatever PGOPTIONS, role or database say', async () => {
    await sandbox.query(1, 'ALTER ROLE repmgr SET synchronous_commit = remote_apply');
    const used = await connection("options='-c synchronous_commit=on'");
    expect(await used.query('SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'local' }]);
    await sandbox.query(1, 'ALTER ROLE repmgr RESET synchronous_commit');
  });

  it('has the name of the conninfo, of PGAPPNAME, else repmgr', async () => {
    const name = async (more: string) => (await (await connection(more)).query('SHOW application_name'))[0];
    expect(await name('')).toEqual({ application_name: 'repmgr' });
    expect(await name('fallback_application_name=spare')).toEqual({ application_name: 'spare' });
    expect(await name('fallback_application_name=spare application_name=mine')).toEqual({
      application_name: 'mine',
    });
  });

  it('that the server ends is told as lost', async () => {
    const used = await connection();
    const [self] = await used.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await sandbox.query(1, 'SELECT pg_terminate_backend($1)', [self?.pid]);
    await vi.waitFor(
      async () =>
        expect(used.query('SELECT 1')).rejects.toMatchObject({ code: 'connection_lost', exitCode: 6 }),
      10_000,
    );
    const running = await connection();
    const statement = running.query('SELECT pg_sleep(600)');
    const lost = expect(statement).rejects.toMatchObject({
      code: 'connection_lost',
      hint: `Check whether the server still runs: pg_isready -h 127.0.0.1 -p ${sandbox.node(1).port}`,
    });
    await vi.waitFor(async () => expect(await sleepers()).toHaveLength(1), 10_000);
    await sandbox.kill(1);
    await lost;
    await sandbox.start(1);
  });

  it('sees behind a lock what others committed before, whatever isolation the role has', async () => {
    await sandbox.query(1, "ALTER ROLE repmgr SET default_transaction_isolation = 'serializable'");
    const used = await connection();
    const rows = await used.transaction(async () => {
      await used.query('SELECT 1');
      await sandbox.query(1, 'CREATE TABLE meanwhile (id integer); INSERT INTO meanwhile VALUES (1)');
      return used.query('SELECT id FROM meanwhile');
    });
    expect(rows).toEqual([{ id: 1 }]);
    await sandbox.query(1, 'ALTER ROLE repmgr RESET default_transaction_isolation');
  });
});
