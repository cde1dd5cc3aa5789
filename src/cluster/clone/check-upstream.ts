/** Whether the new standby can stream from its upstream. Pure. */
import { failure } from '../../errors.ts';
import { nodeLabel } from '../register/record.ts';
import type { CloneFacts } from './inspect.ts';
import type { UpstreamServer } from './upstream.ts';
import type { CloneWish } from './wish.ts';

/** @throws RepmgrError, the first reason */
export function refuseUnsuitableUpstream(facts: CloneFacts, wish: CloneWish): void {
  const { upstream, metadata } = facts;
  if (metadata.kind === 'missing' && !wish.mayReplace) {
    throw failure('schema_missing', {
      message: `the source has no metadata of cluster "${wish.node?.clusterName}"`,
      detail: `The database "${facts.source.conninfo['dbname']}" on ${facts.source.host}:${facts.source.port} has no schema "repmgr_${wish.node?.clusterName}".`,
      hint: 'Run "repmgr primary register" on the primary first, name its database with -d, or add --force to clone without metadata.',
    });
  }
  switch (upstream.kind) {
    case 'source':
      return;
    case 'not registered':
      throw failure('upstream_not_registered', {
        message: `the upstream node, ID ${upstream.id}, is not registered`,
        detail: 'How it is reached stands in its row of the metadata, which does not exist.',
        hint: 'Register the upstream first, or correct "upstream_node"; "repmgr cluster show" lists the nodes.',
      });
    case 'unknown':
      if (wish.mayReplace || wish.replication.primaryConninfo !== undefined) return;
      throw failure('primary_not_found', {
        message: 'no primary answers, so the upstream of the new standby is not known',
        detail: `The source is a standby. ${upstream.reasons.join('; ')}.`,
        hint: 'Name the node to stream from with --upstream-node-id, or add --force to stream from the source.',
      });
    case 'node': {
      const { node, server } = upstream;
      if (node.id === wish.node?.id || node.role === 'witness') {
        throw failure('upstream_unusable', {
          message: `node ${nodeLabel(node)} cannot be the upstream of this node`,
          detail:
            node.role === 'witness'
              ? 'It is a witness, which holds no copy of the data.'
              : 'This node has the same id in its repmgr.conf.',
          hint: 'Correct "node" or "upstream_node" in repmgr.conf; "repmgr cluster show" lists the nodes.',
        });
      }
      refuseForeignUpstream(facts, nodeLabel(node), server, wish);
    }
  }
}

function refuseForeignUpstream(
  { source }: CloneFacts,
  label: string,
  server: UpstreamServer,
  wish: CloneWish,
): void {
  if (server.kind === 'unreachable' && wish.usesSlot) {
    throw failure(server.reason.code === 'password_refused' ? 'password_refused' : 'connection_failed', {
      message: `upstream node ${label} cannot be reached, so its replication slot cannot be made`,
      detail: [server.reason.message, server.reason.detail].filter(Boolean).join(': '),
      hint: server.reason.hint ?? 'Start it, or name another upstream with --upstream-node-id.',
      cause: server.reason,
    });
  }
  if (server.kind !== 'other') return;
  const systemIdentifier = source.replication.identity?.systemIdentifier;
  if (server.systemIdentifier === undefined || server.systemIdentifier === systemIdentifier) return;
  throw failure('system_identifier_differs', {
    message: `upstream node ${label} belongs to another cluster than the source`,
    detail: `Its system identifier is ${server.systemIdentifier}, that of ${source.host}:${source.port} is ${systemIdentifier}.`,
    hint: 'Correct the host to copy from, or the conninfo of the upstream: "repmgr cluster show" lists the nodes.',
  });
}
