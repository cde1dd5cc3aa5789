/** Where the other repmgrds are reached: as they told, else where they listen if nobody says otherwise. Pure. */
import { defaultApiAddress } from '../config/derive.ts';
import type { NodeId } from '../model/node.ts';
import type { ClusterFacts } from './cluster-facts.ts';

export function peerAddresses({ nodes, addresses }: ClusterFacts, self: NodeId): ReadonlyMap<NodeId, string> {
  const told = new Map(addresses);
  const others = nodes.filter(({ id }) => id !== self);
  return new Map(
    others.flatMap(({ id, conninfo }) => {
      const address = told.get(id) ?? (conninfo === '' ? undefined : defaultApiAddress(conninfo, {}));
      return address === undefined ? [] : [[id, address] as const];
    }),
  );
}
