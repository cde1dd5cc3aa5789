/** Clients that write all the time, and what two servers hold, to be compared afterwards. */
import type { Sandbox } from '../../src/sandbox/index.ts';

export interface WriteLoad {
  /** Lets the clients end their last statement. */
  stop(): Promise<void>;
  /** Statements that were committed so far. */
  committed(): number;
}

/** Rows come, change and go; tables too, and their files grow and shrink. */
export async function startWriteLoad(sandbox: Sandbox, id: number): Promise<WriteLoad> {
  await sandbox.query(
    id,
    'CREATE TABLE load (id serial PRIMARY KEY, client int, filling text); CREATE TABLE shrinking (filling text)',
  );
  return continueWriteLoad(sandbox, id);
}

/** The same, where the tables are there already. */
export function continueWriteLoad(sandbox: Sandbox, id: number): WriteLoad {
  let isOver = false;
  let committed = 0;
  const client = async (number: number): Promise<void> => {
    while (!isOver) {
      const table = `load_${number}`;
      for (const sql of [
        `INSERT INTO load (client, filling) SELECT ${number}, repeat(md5(random()::text), 20) FROM generate_series(1, 500)`,
        `UPDATE load SET filling = repeat(md5(random()::text), 15) WHERE client = ${number} AND id % 7 = 0`,
        `DELETE FROM load WHERE client = ${number} AND id % 3 = 0`,
        `DROP TABLE IF EXISTS ${table}`,
        `CREATE TABLE ${table} AS SELECT * FROM load WHERE client = ${number} LIMIT 200`,
        ...(number === 1
          ? [
              `INSERT INTO shrinking SELECT repeat('x', 500) FROM generate_series(1, 2000)`,
              'TRUNCATE shrinking',
              'VACUUM load',
            ]
          : // A copy that is recovered from a later checkpoint than its own would lack what came before.
            ['CHECKPOINT']),
      ]) {
        await sandbox.query(id, sql);
        committed += 1;
      }
    }
  };
  const clients = Promise.all([client(1), client(2)]);
  // A client that fails is told of by stop().
  clients.catch(() => undefined);
  return {
    committed: () => committed,
    stop: async () => {
      isOver = true;
      await clients;
    },
  };
}

/** For each table of the database: how many rows it has, and a checksum of them. */
export async function contentOf(
  sandbox: Sandbox,
  id: number,
): Promise<Readonly<Record<string, { readonly rows: number; readonly checksum: string | null }>>> {
  const tables = await sandbox.query<{ name: string }>(
    id,
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const entries = tables.map(async ({ name }) => {
    const [row] = await sandbox.query<{ rows: number; checksum: string | null }>(
      id,
      `SELECT count(*)::int AS rows, md5(string_agg(t::text, E'\\n' ORDER BY t::text)) AS checksum FROM ${name} AS t`,
    );
    return [name, row ?? { rows: 0, checksum: null }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Waits until a standby has replayed what its primary has written by now. */
export async function waitForReplay(sandbox: Sandbox, primary: number, standby: number): Promise<void> {
  const [row] = await sandbox.query<{ lsn: string }>(primary, 'SELECT pg_current_wal_lsn()::text AS lsn');
  const endsAtMs = performance.now() + 30_000;
  for (;;) {
    const [state] = await sandbox.query<{ is_there: boolean | null }>(
      standby,
      'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS is_there',
      [row?.lsn],
    );
    if (state?.is_there === true) return;
    if (performance.now() > endsAtMs) throw new Error(`the standby has not replayed ${row?.lsn} in time`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
