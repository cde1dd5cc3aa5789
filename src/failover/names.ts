/** Nodes as operators know them, for sentences. */
import type { NodeId } from '../model/node.ts';
import type { State } from './state.ts';

export function nameOf({ metadata }: State, id: NodeId): string {
  return metadata.nodes.find((node) => node.id === id)?.name ?? `node ${id}`;
}

export function namesOf(state: State, ids: readonly NodeId[]): string {
  return ids.length === 0 ? 'nobody' : ids.map((id) => nameOf(state, id)).join(', ');
}
