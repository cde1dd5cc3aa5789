/** Nodes that did not answer, and nodes that answer although the metadata calls them inactive. Pure. */
import type { NodeRecord } from '../../model/node.ts';
import type { NodeObservation, Refusal } from '../survey.ts';
import { type Disagreement, nameOf, primariesAmong } from './disagreement.ts';

export function reachabilityDisagreements(observations: readonly NodeObservation[]): Disagreement[] {
  const hasPrimary = primariesAmong(observations).length > 0;
  return observations.flatMap((observation) => {
    const found = reachabilityOf(observation, hasPrimary);
    return found === undefined ? [] : [{ nodeId: observation.node.id, ...found }];
  });
}

function reachabilityOf(
  { node, answer }: NodeObservation,
  hasPrimary: boolean,
): Omit<Disagreement, 'nodeId'> | undefined {
  const inactive = node.isActive ? '' : ' (its row says that it is inactive)';
  switch (answer.kind) {
    case 'answered':
      if (node.isActive) return undefined;
      return {
        code: 'inactive_but_running',
        message: `${nameOf(node)} is running, its row says that it is inactive`,
        hint: inactiveHint(node, answer.status.isInRecovery),
      };
    case 'witness':
      if (node.isActive) return undefined;
      return {
        code: 'inactive_but_running',
        message: `${nameOf(node)} is running, its row says that it is inactive`,
        hint: inactiveHint(node, false),
      };
    case 'refusing':
      return {
        code: 'refusing',
        message: `${nameOf(node)} refuses connections${inactive}: ${answer.reason}`,
        hint: refusalHints[answer.refusal],
      };
    case 'silent':
      return {
        code: 'silent',
        message: `${nameOf(node)} did not answer within ${inSeconds(answer.waitedMs)}${inactive}`,
        hint: `See whether its host is up and whether the server is stopped or its disk hangs; ${lossHint(node, hasPrimary)}`,
      };
    case 'unreachable':
      return {
        code: 'unreachable',
        message: `${nameOf(node)} is unreachable${inactive}: ${answer.reason}`,
        hint: `Start its ${node.conninfo === '' ? 'repmgrd' : 'PostgreSQL'}; ${lossHint(node, hasPrimary)}`,
      };
  }
}

/** For a node that will not come back. */
function lossHint(node: NodeRecord, hasPrimary: boolean): string {
  if (node.role === 'primary' && !hasPrimary) {
    return 'if it is lost, run "repmgr standby promote" on the standby that has most WAL.';
  }
  return `if it is gone for good, run "repmgr ${node.role} unregister --node=${node.id}".`;
}

function inactiveHint(node: NodeRecord, isInRecovery: boolean): string {
  if (node.role === 'witness') {
    const command = node.conninfo === '' ? 'join' : 'register';
    return `Run "repmgr witness ${command} --force" for it.`;
  }
  return isInRecovery
    ? `Run "repmgr standby register --force" on ${node.name}.`
    : `If another node is the primary now, stop ${node.name} and clone it again: "repmgr standby clone --force"; else run "repmgr primary register --force" on it.`;
}

const refusalHints: Readonly<Record<Refusal, string>> = {
  starting_up: 'Wait until its recovery is done; its log says how far it is.',
  shutting_down: 'Wait until it has stopped, then start it if it is needed.',
  too_many_connections: 'End sessions there or raise max_connections.',
  password: 'Put the password of the repmgr user into ~/.pgpass (or the passfile of its conninfo).',
  authorization: 'Allow the repmgr user from this host in its pg_hba.conf, then reload it.',
  database_missing: 'See whether the database of its conninfo exists there.',
  other: 'See its log.',
};

function inSeconds(durationMs: number): string {
  return `${Math.round(durationMs / 100) / 10} s`;
}
