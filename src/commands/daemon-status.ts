/** `repmgr daemon status`: every repmgrd, and what it does. docs/daemon.md */
import type { ApiView } from '../api/view.ts';
import { formatDuration } from '../model/duration.ts';
import { renderCsv } from '../render/csv.ts';
import { renderJson } from '../render/json.ts';
import { renderTable } from '../render/table.ts';
import type { NodeObservation } from '../cluster/survey.ts';
import { askViews, type DaemonAnswer, observeServers, recordedDaemons } from './cluster-daemons.ts';
import type { CommandContext } from './command.ts';

/** With what its server said itself, where no repmgrd runs. */
interface Answer extends DaemonAnswer<ApiView> {
  readonly observed: NodeObservation['answer'] | undefined;
}

/** Exit code 0 whatever the repmgrds do; 6 where neither the one of this node nor the metadata can be asked. */
export async function run(context: CommandContext): Promise<void> {
  const daemons = await recordedDaemons(context);
  const told = (await askViews(context, daemons)).toSorted((a, b) => a.node.id - b.node.id);
  const observed = await observeServers(
    context,
    told.filter(({ isRefused }) => isRefused).map(({ node }) => node.id),
  );
  const answers = told.map((answer) => ({ ...answer, observed: observed.get(answer.node.id) }));
  const { options, log } = context;
  if (options.json === true) {
    context.print(renderJson(asObject(context, answers)));
    return;
  }
  if (options.csv === true) {
    context.print(renderCsv(answers.map(csvRow)));
    return;
  }
  context.print(asTable(answers, options.detail === true));
  for (const { node, reason } of answers) {
    if (reason !== undefined)
      log.warning(`repmgrd of node "${node.name}" does not answer`, { detail: reason });
  }
  if (answers.every(({ page }) => page === undefined)) {
    log.warning('no repmgrd answers, so nothing is failed over', {
      hint: 'Where they do not run, start each of them on its node, with: repmgr daemon start',
    });
  }
  if (isWithoutPrimary(answers)) {
    log.warning('no node takes writes, and no repmgrd leads', {
      hint: 'See why with: repmgr explain. If it stays so, since too many nodes are gone for good: repmgr standby promote --force, on the node that is to be the primary',
    });
  }
  for (const { node, page } of answers) {
    for (const sign of page?.sickSigns ?? []) log.warning(`node "${node.name}": ${sign}`);
  }
}

/** As far as whoever answers can tell. */
function isWithoutPrimary(answers: readonly Answer[]): boolean {
  const pages = answers.flatMap(({ page }) => page ?? []);
  const leads = pages.some(({ leadership }) => leadership.role === 'leader');
  const takesWrites = answers.some(({ page, observed }) =>
    page === undefined
      ? observed?.kind === 'answered' && !observed.status.isInRecovery
      : page.server.isInRecovery === false,
  );
  return pages.length > 0 && !leads && !takesWrites;
}

function asTable(answers: readonly Answer[], isDetailed: boolean): string {
  const names = new Map(answers.map(({ node }) => [node.id, node.name]));
  const headings = [
    ...['ID', 'Name', 'Role', 'Status', 'Upstream'],
    ...(isDetailed ? ['Location', 'Prio.'] : []),
    ...['repmgrd', 'PID', 'Paused?', 'Upstream last seen'],
    ...(isDetailed ? ['Term', 'Leader', 'Lease'] : []),
  ];
  const rows = answers.map((answer) => {
    const { node, page } = answer;
    return [
      String(node.id),
      node.name,
      node.role,
      statusOf(answer),
      upstreamOf(answer, names),
      ...(isDetailed ? ['default', String(node.priority)] : []),
      runningInWords(answer),
      page === undefined ? 'n/a' : String(page.pid),
      page === undefined ? 'n/a' : isPaused(page) ? 'yes' : 'no',
      seenInWords(page),
      ...(isDetailed ? detailsOf(page, names) : []),
    ];
  });
  return renderTable(
    headings.map((heading) => ({ heading })),
    rows,
  );
}

/** As repmgr 5 marks an upstream that a standby is not attached to. */
function upstreamOf({ node, page }: Answer, names: ReadonlyMap<number, string>): string {
  const mark = (page?.server.leftAloneBy ?? null) === null ? '' : '! ';
  const upstream = page?.server.upstream ?? node.upstream;
  return upstream === null ? '' : `${mark}${names.get(upstream) ?? upstream}`;
}

/** As repmgr 5 writes it: whether the server runs, and is what its row says. */
function statusOf({ node, page, observed }: Answer): string {
  const condition = page === undefined ? conditionOf(observed) : page.server.condition;
  if (condition === 'unreachable') return node.isActive ? '? unreachable' : '- failed';
  if (condition === 'starting' || condition === 'refusing') return '? running';
  if (condition !== 'running' && condition !== 'none') return '- failed';
  if (!node.isActive) return '! running';
  const isInRecovery =
    page?.server.isInRecovery ?? (observed?.kind === 'answered' && observed.status.isInRecovery);
  if (node.role === 'standby') return isInRecovery ? '  running' : '! running as primary';
  return node.role === 'primary' && isInRecovery ? '! running as standby' : '* running';
}

function conditionOf(observed: Answer['observed']): 'running' | 'refusing' | 'unreachable' {
  if (observed?.kind === 'answered') return 'running';
  return observed?.kind === 'refusing' ? 'refusing' : 'unreachable';
}

/** As repmgr 5: n/a where it cannot be known. */
function runningInWords({ page, isRefused }: Answer): 'running' | 'not running' | 'n/a' {
  if (page !== undefined) return 'running';
  return isRefused ? 'not running' : 'n/a';
}

function isPaused({ pause, maintenanceLeftMs }: ApiView): boolean {
  return pause !== null || maintenanceLeftMs !== null;
}

function seenInWords(page: ApiView | undefined): string {
  const seconds = secondsSinceSeen(page);
  return seconds < 0 ? 'n/a' : `${seconds} second(s) ago`;
}

/** Since the leader was heard last, as repmgr 5 counts it for the upstream; -1 where that means nothing. */
function secondsSinceSeen(page: ApiView | undefined): number {
  const ms = page?.leadership.leaderSeenMs ?? null;
  return ms === null ? -1 : Math.floor(ms / 1000);
}

function detailsOf(page: ApiView | undefined, names: ReadonlyMap<number, string>): readonly string[] {
  if (page === undefined) return ['', '', ''];
  const { term, leader, leaseLeftMs, isInContact } = page.leadership;
  const lease = leaseLeftMs === null ? '' : formatDuration(Math.round(leaseLeftMs / 100) * 100);
  return [
    String(term),
    leader === null ? '' : (names.get(leader) ?? String(leader)),
    isInContact === false ? `${lease} (too few answer)`.trim() : lease,
  ];
}

/** The columns of repmgr 5. */
function csvRow({ node, page, observed, isRefused }: Answer): (string | number)[] {
  const condition = page?.server.condition ?? conditionOf(observed);
  return [
    node.id,
    node.name,
    node.role,
    condition === 'running' || condition === 'none' ? 1 : 0,
    page !== undefined ? 1 : isRefused ? 0 : -1,
    page?.pid ?? -1,
    page !== undefined && isPaused(page) ? 1 : 0,
    node.priority,
    secondsSinceSeen(page),
    'default',
  ];
}

function asObject({ pause }: CommandContext, answers: readonly Answer[]): object {
  return {
    pause,
    nodes: answers.map((answer) => objectOf(answer)),
  };
}

function objectOf(answer: Answer): object {
  const { node, page, reason } = answer;
  return {
    id: node.id,
    name: node.name,
    type: node.role,
    active: node.isActive,
    priority: node.priority,
    apiAddress: node.apiAddress,
    repmgrd: runningInWords(answer),
    reason,
    status: statusOf(answer).trim(),
    version: page?.version,
    pid: page?.pid,
    pause: page?.pause,
    maintenanceLeftMs: page?.maintenanceLeftMs,
    server: page?.server,
    leadership: page?.leadership,
    voters: page?.voters,
    quorum: page?.quorum,
    signs: page?.sickSigns ?? [],
  };
}
