/** What repmgrd says at its start: how long a failover takes with these settings, and what would prevent one. Pure. */
import type { Config } from '../config/resolve.ts';
import type { Settings } from '../failover/settings.ts';
import type { NodeRecord } from '../model/node.ts';

export interface StartRemark {
  readonly level: 'NOTICE' | 'WARNING';
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** Beyond the lease: a round of questions, a vote, the promotion. */
const electionMs = 500;

export function startRemarks(
  config: Config,
  settings: Settings,
  nodes: readonly NodeRecord[],
  wantsGuard: boolean,
): readonly StartRemark[] {
  if (config.failover === 'manual') {
    return [
      {
        level: 'NOTICE',
        message:
          'failover=manual: this node votes, and is promoted or made to follow another primary by an operator only',
      },
    ];
  }
  const isWitness = nodes.some(({ id, role }) => id === settings.self && role === 'witness');
  return [failoverTimes(settings), ...(isWitness ? [] : warnings(config, settings, nodes, wantsGuard))];
}

function failoverTimes({ leaseMs, electionDelayMs, shutdownGraceMs, reconnectMs }: Settings): StartRemark {
  const deadHostMs = Math.max(leaseMs, electionDelayMs) + electionMs;
  const isDelayed = electionDelayMs > leaseMs;
  return {
    level: 'NOTICE',
    message: `a crashed PostgreSQL is failed over at once, a dead or hanging host after ${inSeconds(deadHostMs)} s`,
    detail: `One that hangs is given up after ${inSeconds(reconnectMs)} s, one that was stopped in good order after ${inSeconds(shutdownGraceMs)} s.`,
    ...(isDelayed
      ? {
          hint: `Without reconnect_attempts and reconnect_interval in the file a dead host would be failed over after ${inSeconds(leaseMs + electionMs)} s.`,
        }
      : {}),
  };
}

function warnings(
  { failoverQuorum }: Config,
  { hasGuard, canHold, safeStart }: Settings,
  nodes: readonly NodeRecord[],
  wantsGuard: boolean,
): readonly StartRemark[] {
  const found: StartRemark[] = [];
  if (failoverQuorum === 'none') {
    found.push({
      level: 'WARNING',
      message: 'failover_quorum=none: a standby promotes itself without a majority',
      detail: 'Where only the network failed, two primaries take writes.',
      hint: 'Remove the line, and add a witness to a cluster of two: repmgr witness create',
    });
  } else if (nodes.length === 2) {
    found.push({
      level: 'WARNING',
      message: 'this cluster has two nodes and no witness: the death of a whole host is not failed over',
      detail: 'A crash of PostgreSQL alone is, while the repmgrd beside it lives.',
      hint: 'Add a witness on a third host: repmgr witness create, or witness invite for one without PostgreSQL',
    });
  }
  if (wantsGuard && !hasGuard) {
    found.push({
      level: 'WARNING',
      message: 'there is no guard: bash, or the psql of pg_bindir, is missing',
      detail: 'If repmgrd dies, nobody stops a primary that is cut off from the others.',
      hint: 'Install them, or say fence_guard=off.',
    });
  }
  if (!canHold) {
    found.push({
      level: 'WARNING',
      message: 'commits cannot be held: the command line of the server sets synchronous_standby_names',
      detail: 'A primary that is cut off acknowledges commits until it is fenced.',
      hint: 'Set it in postgresql.conf instead.',
    });
  }
  if (!safeStart) {
    found.push({
      level: 'WARNING',
      message: 'safe start is off: a primary that was down starts writable',
      detail: 'repmgrd fences it as soon as it sees that another node leads.',
      hint: 'With PostgreSQL 12 and later safe_start=on lets it start read-only.',
    });
  }
  return found;
}

function inSeconds(ms: number): string {
  return String(Math.round(ms / 100) / 10);
}
