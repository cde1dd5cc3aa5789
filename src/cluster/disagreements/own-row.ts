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
        hint: 'Run "repmgr primary register" or "repmgr standby register" on it.',
      },
    ];
  }
  const differing = [
    ...(row.name === own.nodeName ? [] : [`node_name is "${own.nodeName}", registered is "${row.name}"`]),
    ...(row.conninfo === own.conninfo ? [] : ['conninfo is another than the registered one']),
  ];
  if (differing.length === 0) return [];
  const noun = row.role === 'primary' ? 'primary' : row.role;
  return [
    {
      nodeId: own.nodeId,
      code: 'own_row_differs',
      message: `repmgr.conf of node ${own.nodeId} differs from the metadata: ${differing.join('; ')}`,
      hint: `If repmgr.conf is right, run "repmgr ${noun} register --force" on this node.`,
    },
  ];
}
