/**
 * What pg_waldump prints, counted: rows by table, transactions. Rows of transactions that did not commit are left out.
 * See src/bin/pg_waldump of PostgreSQL.
 */

/** A table as WAL names it: tablespace, database and file. */
export interface ChangedTable {
  readonly tablespace: number;
  readonly database: number;
  readonly fileNode: number;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

export interface WalContent {
  readonly records: number;
  readonly committed: number;
  /** The ones with most rows first. */
  readonly tables: readonly ChangedTable[];
}

type Change = 'inserted' | 'updated' | 'deleted';

interface CountedChange {
  readonly transaction: string;
  readonly table: string;
  readonly change: Change;
  readonly rows: number;
}

/** Takes the output line by line. */
export class WaldumpReader {
  #records = 0;
  readonly #committed = new Set<string>();
  #transactions = 0;
  readonly #changes = new Map<string, CountedChange>();

  take(line: string): void {
    const record = /^rmgr: (\w+) .*? tx: +(\d+), .*? desc: (\w+)(.*)$/.exec(line);
    if (record === null) return;
    this.#records += 1;
    const [, manager, transaction = '', kind = '', rest = ''] = record;
    if (manager === 'Transaction' && kind.startsWith('COMMIT')) this.#commit(transaction, rest);
    else if (manager === 'Heap' || manager === 'Heap2') this.#count(transaction, kind, rest);
  }

  result(): WalContent {
    const tables = new Map<string, { [Kind in Change]: number }>();
    for (const { transaction, table, change, rows } of this.#changes.values()) {
      if (!this.#committed.has(transaction)) continue;
      const counted = tables.get(table) ?? { inserted: 0, updated: 0, deleted: 0 };
      counted[change] += rows;
      tables.set(table, counted);
    }
    return {
      records: this.#records,
      committed: this.#transactions,
      tables: [...tables]
        .map(([name, counted]) => ({ ...placeOf(name), ...counted }))
        .toSorted((one, other) => rowsOf(other) - rowsOf(one)),
    };
  }

  /** `subxacts: 734 735` follow where there were savepoints. */
  #commit(transaction: string, rest: string): void {
    this.#transactions += 1;
    this.#committed.add(transaction);
    for (const id of /subxacts: ([\d ]+)/.exec(rest)?.[1]?.split(' ') ?? []) this.#committed.add(id);
  }

  #count(transaction: string, kind: string, rest: string): void {
    const change = changes[kind.replace('+INIT', '')];
    const table = /rel (\d+\/\d+\/\d+)/.exec(rest)?.[1];
    if (change === undefined || table === undefined) return;
    // `MULTI_INSERT 61 tuples`, from 16 on `MULTI_INSERT ntuples: 61`.
    const rows = kind.startsWith('MULTI')
      ? Number(/(\d+) tuples|ntuples:? (\d+)/.exec(rest)?.slice(1).find(Boolean) ?? 1)
      : 1;
    const key = `${transaction} ${table} ${change}`;
    const before = this.#changes.get(key)?.rows ?? 0;
    this.#changes.set(key, { transaction, table, change, rows: before + rows });
  }
}

const changes: Readonly<Record<string, Change>> = {
  INSERT: 'inserted',
  MULTI_INSERT: 'inserted',
  UPDATE: 'updated',
  HOT_UPDATE: 'updated',
  DELETE: 'deleted',
};

function rowsOf({ inserted, updated, deleted }: ChangedTable): number {
  return inserted + updated + deleted;
}

function placeOf(name: string): Pick<ChangedTable, 'tablespace' | 'database' | 'fileNode'> {
  const [tablespace = 0, database = 0, fileNode = 0] = name.split('/').map(Number);
  return { tablespace, database, fileNode };
}
