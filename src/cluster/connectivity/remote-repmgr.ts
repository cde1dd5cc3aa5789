/** Asks repmgr on other hosts, by the same command lines as repmgr 3, so that both can ask each other. */
import { failure } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { type Conninfo, formatConninfo, redactConninfo, withoutSecrets } from '../../model/conninfo.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import { connectAllowanceMs } from '../../postgres/connect-timeout.ts';
import { readConninfo } from '../../postgres/conninfo-defaults.ts';
import { hostOf, type RemoteAccess, runRepmgrOn } from '../remote-node.ts';
import { type Cell, readMatrixCsv, readShowCsv } from './matrix.ts';

/** What calls of repmgr on other hosts have in common. */
export interface RemoteSettings extends RemoteAccess {
  readonly clusterName: string;
  readonly pgBindir: string | undefined;
  /** All nodes of the cluster: asking may take as long as connecting to them. */
  readonly nodes: readonly NodeRecord[];
  readonly signal: AbortSignal;
}

type RemoteQuestion = 'show' | 'matrix';

/**
 * Asks the host of a node whom that node reaches. Passwords of the conninfo are left out, since the process list would
 * show them; repmgr.conf or a password file over there has them.
 * @throws RepmgrError as runOverSsh; conninfo_invalid where no host is known; remote_output_unreadable
 */
export async function askForRow(node: NodeRecord, settings: RemoteSettings): Promise<readonly Cell[]> {
  return await ask(node, 'show', settings, (text) => readShowCsv(text, node.id));
}

/**
 * Asks the host of a node what matrix it sees.
 * @throws RepmgrError as askForRow
 */
export async function askForMatrix(node: NodeRecord, settings: RemoteSettings): Promise<readonly Cell[]> {
  return await ask(node, 'matrix', settings, readMatrixCsv);
}

async function ask(
  node: NodeRecord,
  question: RemoteQuestion,
  settings: RemoteSettings,
  read: (text: string) => readonly Cell[] | undefined,
): Promise<readonly Cell[]> {
  const conninfo = readConninfo(node.conninfo);
  const words = wordsOf(node.id, conninfo, question, settings);
  const { exitCode, stdout, stderr } = await runRepmgrOn(node, words, settings, {
    deadlineMs: deadlineFor(question, settings.nodes),
    signal: settings.signal,
  });
  const answer = read(stdout);
  if (answer !== undefined) return answer;
  const host = hostOf(node);
  const printed = stdout.trim() === '' ? [] : [`It printed: ${redactConninfo(stdout.trim()).slice(0, 200)}`];
  const said = redactConninfo(stderr.trim());
  throw failure('remote_output_unreadable', {
    message: `repmgr on host "${host}" did not answer with what "cluster ${question} --csv" prints`,
    detail: [`It ended with exit code ${exitCode}.`, ...printed, ...(said === '' ? [] : [said])].join('\n'),
    hint:
      printed.length === 0
        ? `Log in to ${host} and run there: repmgr cluster ${question} --csv`
        : 'Login scripts over there must print nothing, and repmgr must be 3.2 or later.',
  });
}

/**
 * How long a host may take for a question. It connects to all nodes at once, so the longest connect time-out counts;
 * for a matrix it asks further hosts, which may take the same time again.
 */
function deadlineFor(question: RemoteQuestion, nodes: readonly NodeRecord[]): number {
  const showMs = limits.remoteRepmgrMs + Math.max(0, ...nodes.map(allowanceMs));
  return question === 'show' ? showMs : showMs + limits.remoteRepmgrMs;
}

function allowanceMs({ conninfo }: NodeRecord): number {
  try {
    return connectAllowanceMs(readConninfo(conninfo));
  } catch {
    // To a node whose conninfo cannot be understood nobody connects.
    return 0;
  }
}

function wordsOf(
  id: NodeId,
  conninfo: Conninfo,
  question: RemoteQuestion,
  { clusterName, pgBindir, remoteUser }: RemoteSettings,
): readonly string[] {
  const forMatrix = [`--node=${id}`, ...(remoteUser === undefined ? [] : [`--remote-user=${remoteUser}`])];
  return [
    ...['-d', formatConninfo(withoutSecrets(conninfo)), '--cluster', clusterName],
    ...(question === 'matrix' ? forMatrix : []),
    ...(pgBindir === undefined || pgBindir === '' ? [] : [`--pg_bindir=${pgBindir}`]),
    ...['cluster', question, '--csv'],
  ];
}
