/** `repmgr node diverged`: what was in WAL that rejoins of this node gave up. docs/failover.md */
import { divergedDirectory } from '../cluster/rejoin/kept-places.ts';
import { type DivergedWal, listDivergedWal } from '../cluster/rejoin/diverged-wal.ts';
import { type NamedTable, readDivergedWal, type ReadWal } from '../cluster/rejoin/read-diverged.ts';
import { readConninfo } from '../postgres/conninfo-defaults.ts';
import { renderJson } from '../render/json.ts';
import { renderTable } from '../render/table.ts';
import type { CommandContext } from './command.ts';
import { checkedNodeId, requireConfig } from './local-node.ts';

interface Found {
  readonly kept: DivergedWal;
  readonly content: ReadWal | string;
}

/** Reads only. Exit code 0 also where nothing was ever kept. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const config = requireConfig(context);
  const directory = divergedDirectory(config, checkedNodeId(config.nodeId, 'node'));
  const found: Found[] = [];
  const reading = {
    programDirectory: options.pgBindir ?? config.pgBindir,
    conninfo: readConninfo(config.conninfo),
    signal,
  };
  for (const kept of await listDivergedWal(directory)) {
    found.push({ kept, content: await readDivergedWal(kept, reading) });
  }
  context.print(options.json === true ? asJson(found) : found.map(inWords).join('\n'));
  if (found.length === 0)
    log.notice(`no WAL was given up by a rejoin of this node`, { detail: `"${directory}" holds none.` });
}

function inWords({ kept, content }: Found): string {
  const head = `${kept.keptAt}: WAL of timeline ${kept.timelineId} from ${kept.divergedAt} to ${kept.endOfWal}, given up for node ${kept.rejoinedTo}\n  in ${kept.directory}\n`;
  if (typeof content === 'string') return `${head}  It cannot be read: ${content}\n`;
  const summary = `  ${content.committed} committed transactions, ${content.records} records\n`;
  if (content.tables.length === 0) return `${head}${summary}`;
  const columns = ['Table', 'Inserted', 'Updated', 'Deleted'].map((heading) => ({ heading }));
  const rows = content.tables.map((table) => [
    nameOf(table),
    String(table.inserted),
    String(table.updated),
    String(table.deleted),
  ]);
  return `${head}${summary}${renderTable(columns, rows)}`;
}

function nameOf({ name, tablespace, database, fileNode }: NamedTable): string {
  return name ?? `${tablespace}/${database}/${fileNode}`;
}

function asJson(found: readonly Found[]): string {
  return renderJson({
    diverged: found.map(({ kept, content }) => ({
      ...kept,
      ...(typeof content === 'string' ? { unreadable: content } : content),
    })),
  });
}
