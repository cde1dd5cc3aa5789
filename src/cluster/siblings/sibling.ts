/** The siblings of a standby: whoever streams from the same upstream, and the witnesses, which copy from the primary. */
import { failure, type RepmgrError } from '../../errors.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import { nodeLabel } from '../register/record.ts';

export interface SiblingFacts {
  readonly node: NodeRecord;
  /** repmgr.conf over there; undefined: repmgr finds it by itself. */
  readonly configFile: string | undefined;
  /** Its server does not answer: nobody has looked any further. */
  readonly isDown: boolean;
  /** Why repmgr cannot be run over there. */
  readonly refusal: RepmgrError | undefined;
}

/**
 * Pure. A witness without PostgreSQL has no conninfo, and keeps nothing that would have to be copied.
 * @param nodes of the metadata
 */
export function siblingsOf(nodes: readonly NodeRecord[], ownId: NodeId): readonly NodeRecord[] {
  const own = nodes.find(({ id }) => id === ownId);
  const primary = nodes.find(({ role, isActive }) => role === 'primary' && isActive);
  const upstreamId = own?.upstreamNodeId ?? primary?.id;
  return nodes.filter(({ id, role, upstreamNodeId, isActive, conninfo }) => {
    if (id === ownId || !isActive || conninfo === '') return false;
    return role === 'witness' || (role === 'standby' && upstreamNodeId === upstreamId);
  });
}

/** What the error for several of them says. @param failures one at least */
export function siblingsRefusal(
  message: string,
  failures: readonly { readonly node: NodeRecord; readonly error: RepmgrError }[],
  hint: string,
): RepmgrError {
  return failure('siblings_unreachable', {
    message,
    detail: failures.map(({ node, error }) => `Node ${nodeLabel(node)}: ${inWords(error)}`).join('\n'),
    hint,
    cause: failures[0]?.error,
  });
}

/** An error of a sibling in one line or some. */
export function inWords({ message, detail }: RepmgrError): string {
  return detail === undefined ? `${message}.` : `${message}: ${detail}`;
}
