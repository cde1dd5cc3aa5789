/** repmgr.conf of the node that asks, against its own row in the metadata. Pure. */
import type { NodeId } from '../../model/node.ts';
import type { NodeObservation } from '../survey.ts';
import type { Disagreement } from './disagreement.ts';

export interface OwnConfiguration {
  readonly nodeId: NodeId;
  readonly nodeName: string;
  readonly conninfo: string;
}

export function ownRowDisagreements(
  observations: readonly NodeObservation[],
  own: OwnConfiguration | undefined,
): Disagreement[] {
  if (own === undefined) return [];
  const row = observations.find(({ node }) => node.id === own.nodeId)?.node;
  if (row === undefined) {
    return [
      {
        nodeId: own.nodeId,
        code: 'own_row_missing',
        message: `the node of this repmgr.conf, "${own.nodeName}" (id ${own.nodeId}), is not registered`,
        hint:
          own.conninfo === ''
            ? 'Run "repmgr witness join" on it, with a token that "repmgr witness invite" prints on the primary.'
            : 'Run "repmgr primary register" or "repmgr standby register" on it.',
      },
    ];
  }
  const differing = [
    ...(row.name === own.nodeName ? [] : [`node_name is "${own.nodeName}", registered is "${row.name}"`]),
    ...(row.conninfo === own.conninfo ? [] : ['conninfo is another than the registered one']),
  ];
  if (differing.length === 0) return [];
  const command = row.role === 'witness' && row.conninfo === '' ? 'join' : 'register';
  return [
    {
      nodeId: own.nodeId,
      code: 'own_row_differs',
      message: `repmgr.conf of node ${own.nodeId} differs from the metadata: ${differing.join('; ')}`,
      hint: `If repmgr.conf is right, run "repmgr ${row.role} ${command} --force" on this node.`,
    },
  ];
}
