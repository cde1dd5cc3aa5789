/** What was in WAL that a rejoin gave up: by pg_waldump, with the names of tables as far as a server knows them. */
import { join } from 'node:path';
import { RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { type Conninfo, mergeConninfo } from '../../model/conninfo.ts';
import { connect } from '../../postgres/connection.ts';
import { fileNodeName } from '../../postgres/queries/file-nodes.ts';
import { runCommand } from '../../system/command.ts';
import type { DivergedWal } from './diverged-wal.ts';
import { type ChangedTable, type WalContent, WaldumpReader } from './waldump.ts';

export interface NamedTable extends ChangedTable {
  /** `database.schema.table`; undefined where no server tells. */
  readonly name: string | undefined;
}

export interface ReadWal extends WalContent {
  readonly tables: readonly NamedTable[];
}

export interface ReadOptions {
  readonly programDirectory: string | undefined;
  /** Of the local server. */
  readonly conninfo: Conninfo;
  readonly signal: AbortSignal;
}

/** @returns why it cannot be read, in words, where pg_waldump is not there or does not understand it */
export async function readDivergedWal(
  kept: DivergedWal,
  { programDirectory, conninfo, signal }: ReadOptions,
): Promise<ReadWal | string> {
  const reader = new WaldumpReader();
  const program = programDirectory === undefined ? 'pg_waldump' : join(programDirectory, 'pg_waldump');
  const range = [`--start=${kept.divergedAt}`, `--end=${kept.endOfWal}`];
  try {
    const result = await runCommand(
      program,
      [`--path=${kept.directory}`, `--timeline=${kept.timelineId}`, ...range],
      { deadlineMs: limits.waldumpMs, signal, onStdoutLine: (line) => reader.take(line) },
    );
    const content = reader.result();
    if (content.records === 0 && result.exitCode !== 0) return result.stderr.trim();
    return { ...content, tables: await withNames(content.tables, conninfo, signal) };
  } catch (error) {
    if (error instanceof RepmgrError && error.code === 'command_missing')
      return 'pg_waldump is not installed';
    throw error;
  }
}

/** A table is looked for in its own database; one that was rewritten since has another file. */
async function withNames(
  tables: readonly ChangedTable[],
  conninfo: Conninfo,
  signal: AbortSignal,
): Promise<readonly NamedTable[]> {
  const names = new Map<ChangedTable, string | undefined>();
  for (const database of new Set(tables.map((table) => table.database))) {
    const ofDatabase = tables.filter((table) => table.database === database);
    try {
      for (const [table, name] of await namesIn(database, ofDatabase, conninfo, signal))
        names.set(table, name);
    } catch (error) {
      if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    }
  }
  return tables.map((table) => ({ ...table, name: names.get(table) }));
}

async function namesIn(
  database: number,
  tables: readonly ChangedTable[],
  conninfo: Conninfo,
  signal: AbortSignal,
): Promise<readonly (readonly [ChangedTable, string | undefined])[]> {
  const name = await databaseName(database, conninfo, signal);
  if (name === undefined) return [];
  const connection = await connect(mergeConninfo(conninfo, { dbname: name }), { signal });
  try {
    const found: (readonly [ChangedTable, string | undefined])[] = [];
    for (const table of tables) {
      const relation = await fileNodeName(connection, table.tablespace, table.fileNode);
      found.push([table, relation === undefined ? undefined : `${name}.${relation}`]);
    }
    return found;
  } finally {
    await connection.close();
  }
}

async function databaseName(
  database: number,
  conninfo: Conninfo,
  signal: AbortSignal,
): Promise<string | undefined> {
  const connection = await connect(conninfo, { signal });
  try {
    const sql = 'SELECT datname::text AS name FROM pg_catalog.pg_database WHERE oid = $1';
    const [row] = await connection.query<{ name: string }>(sql, [database]);
    return row?.name;
  } finally {
    await connection.close();
  }
}
