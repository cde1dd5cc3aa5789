/** What the sandbox commands print: the nodes with their roles, and what to type next. */
import { basename, relative } from 'node:path';
import { renderJson } from '../render/json.ts';
import { sandboxCommand } from '../sandbox/directory.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { NodeStatus } from '../sandbox/status.ts';
import { quoteForShell } from '../system/shell.ts';

/** One line a node: name, role in words, conninfo. */
export function sandboxAsLines(statuses: readonly NodeStatus[]): string {
  const nameWidth = Math.max(...statuses.map(({ name }) => name.length));
  const roleWidth = Math.max(...statuses.map(({ role }) => role.length));
  return statuses
    .map(({ name, role, conninfo }) => `${name.padEnd(nameWidth)}  ${role.padEnd(roleWidth)}  ${conninfo}\n`)
    .join('');
}

export function sandboxAsJson({ directory, postgresVersion }: Sandbox, nodes: readonly NodeStatus[]): string {
  return renderJson({ directory, postgresVersion, nodes });
}

/** Lines to copy into a shell, each with a comment of what it is for. */
export function whatToTypeNext({ directory, hasRepmgrd }: Sandbox, statuses: readonly NodeStatus[]): string {
  const sandbox = (words: string): string =>
    sandboxCommand(words, directory).replace(/^repmgr/, () => ownProgram());
  const primary = statuses.find(({ state }) => state === 'primary');
  const [first, second] = statuses.filter(({ state }) => state === 'standby');
  const byHand = [
    ['let the primary die', first && primary && sandbox(`kill ${primary.id}`)],
    [`make ${first?.name} the primary`, first && sandbox(`run ${first.id} standby promote`)],
    [`let ${second?.name} follow it`, second && sandbox(`run ${second.id} standby follow`)],
  ] as const;
  const byRepmgrd = [
    ['let PostgreSQL crash on the primary', first && primary && sandbox(`kill ${primary.id} --server-only`)],
    ['who leads now, and why', first && sandbox(`run ${first.id} explain`)],
    ['let a whole host die, for some seconds longer', first && sandbox(`kill ${first.id}`)],
    ['and bring it back, as a standby', first && sandbox(`start ${first.id}`)],
  ] as const;
  const lines = [
    ['what repmgr says of the cluster', primary && sandbox(`run ${primary.id} cluster show`)],
    ...(hasRepmgrd ? byRepmgrd : byHand),
    ['what each server does', sandbox('status')],
    ['remove everything', sandbox('destroy')],
  ] as const;
  const known = lines.flatMap(([about, line]) => (line === undefined ? [] : [{ about, line }]));
  const width = Math.max(...known.map(({ line }) => line.length));
  return known.map(({ about, line }) => `  ${line.padEnd(width)}  # ${about}\n`).join('');
}

/** How this program was called: by its name where it is installed, by its path in a checkout. */
function ownProgram(): string {
  const path = process.argv[1] ?? 'repmgr';
  const isByNpx = process.env['npm_lifecycle_event'] === 'npx';
  if (basename(path) === 'repmgr') return isByNpx ? 'npx repmgr' : 'repmgr';
  const fromHere = relative(process.cwd(), path);
  return `node ${quoteForShell(fromHere.startsWith('..') ? path : fromHere)}`;
}
