/** Who is primary: what the rows say against who accepts writes. Pure. */
import type { NodeObservation } from '../survey.ts';
import {
  type AnsweringNode,
  answeringServers,
  type Disagreement,
  inWords,
  nameOf,
  primariesAmong,
} from './disagreement.ts';

export function roleDisagreements(observations: readonly NodeObservation[]): Disagreement[] {
  const primaries = primariesAmong(observations);
  return [
    ...clusterWide(observations, primaries),
    ...sameServer(observations),
    ...answeringServers(observations).flatMap((server) => [
      ...roleOf(server, primaries),
      ...systemIdentifierOf(server, referenceIdentifier(observations, primaries)),
    ]),
  ];
}

function clusterWide(
  observations: readonly NodeObservation[],
  primaries: readonly AnsweringNode[],
): Disagreement[] {
  const found: Disagreement[] = [];
  if (new Set(primaries.map(({ status }) => status.instance)).size > 1) {
    found.push({
      nodeId: undefined,
      code: 'several_primaries',
      message: `several nodes accept writes: ${inWords(primaries.map(({ node }) => nameOf(node)))}`,
      hint: 'Stop all of them but the one whose data is to stay, at once; then clone the others again from it: "repmgr standby clone --force".',
    });
  }
  if (primaries.length === 0 && observations.length > 0) {
    found.push({
      nodeId: undefined,
      code: 'no_primary',
      message: 'no node that can be reached is a primary',
      hint: 'Start the primary, or run "repmgr standby promote" on the standby that has most WAL.',
    });
  }
  const rows = observations.filter(({ node }) => node.role === 'primary' && node.isActive);
  if (rows.length > 1) {
    found.push({
      nodeId: undefined,
      code: 'several_primary_rows',
      message: `the metadata names several active primaries: ${inWords(rows.map(({ node }) => nameOf(node)))}`,
      hint: 'Run "repmgr standby register --force" on those that are standbys, "repmgr primary unregister" for those that are gone.',
    });
  }
  return found;
}

function sameServer(observations: readonly NodeObservation[]): Disagreement[] {
  const servers = answeringServers(observations);
  return [...new Set(servers.map(({ status }) => status.instance))].flatMap((instance) => {
    const group = servers.filter(({ status }) => status.instance === instance);
    if (group.length < 2) return [];
    return [
      {
        nodeId: undefined,
        code: 'same_server',
        message: `the connection strings of ${inWords(group.map(({ node }) => nameOf(node)))} lead to one and the same server`,
        hint: 'Correct conninfo in the repmgr.conf of the wrong ones and register them again with --force.',
      },
    ];
  });
}

function roleOf({ node, status }: AnsweringNode, primaries: readonly AnsweringNode[]): Disagreement[] {
  if (node.role === 'standby' && !status.isInRecovery) {
    return [
      {
        nodeId: node.id,
        code: 'writable_standby',
        message: `${nameOf(node)} is registered as standby but accepts writes`,
        hint:
          primaries.length > 1
            ? `If ${node.name} is not to be the primary, stop it at once and clone it again: "repmgr standby clone --force".`
            : `If it was promoted on purpose, run "repmgr primary register --force" on ${node.name}.`,
      },
    ];
  }
  if (node.role === 'primary' && status.isInRecovery) {
    return [
      {
        nodeId: node.id,
        code: 'primary_in_recovery',
        message: `${nameOf(node)} is registered as primary but is a standby`,
        hint: `If it is to be a standby, run "repmgr standby register --force" on ${node.name}; else "repmgr standby promote".`,
      },
    ];
  }
  if (!status.isInRecovery && status.isReadOnlyByDefault) {
    return [
      {
        nodeId: node.id,
        code: 'primary_read_only',
        message: `primary ${nameOf(node)} starts sessions read-only: default_transaction_read_only is on`,
        hint: 'Find out who set it; then "ALTER SYSTEM RESET default_transaction_read_only" and reload.',
      },
    ];
  }
  return [];
}

/** The identifier of the cluster: the primary's, else that of the node which the most servers agree with. */
function referenceIdentifier(
  observations: readonly NodeObservation[],
  primaries: readonly AnsweringNode[],
): string | undefined {
  const registered = primaries.find(({ node }) => node.role === 'primary' && node.isActive) ?? primaries[0];
  if (registered?.status.systemIdentifier !== undefined) return registered.status.systemIdentifier;
  const identifiers = answeringServers(observations).flatMap(({ status }) => status.systemIdentifier ?? []);
  const votesFor = (wanted: string) => identifiers.filter((identifier) => identifier === wanted).length;
  return identifiers.toSorted((a, b) => votesFor(b) - votesFor(a))[0];
}

function systemIdentifierOf({ node, status }: AnsweringNode, reference: string | undefined): Disagreement[] {
  if (status.systemIdentifier === undefined || status.systemIdentifier === reference) return [];
  return [
    {
      nodeId: node.id,
      code: 'other_system_identifier',
      message: `${nameOf(node)} belongs to another PostgreSQL cluster: system identifier ${status.systemIdentifier}, not ${reference}`,
      hint: `See whether its conninfo leads to the right server; to make it a standby of this cluster: "repmgr standby clone --force" on ${node.name}.`,
    },
  ];
}
