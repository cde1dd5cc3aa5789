/** Where the replication slot of the local server may be left when it follows another node. Pure. */
import { parseConninfo } from '../../model/conninfo.ts';
import type { NodeRecord } from '../../model/node.ts';
import type { FollowFacts } from './facts.ts';

/**
 * The node that it was to stream from until now, as the metadata say, and the one that its recovery settings lead to,
 * which is another one where somebody has corrected the metadata before.
 */
export function formerUpstreams({ local, upstream }: FollowFacts, own: NodeRecord): readonly NodeRecord[] {
  const place = placeOf(local.settings?.['primary_conninfo'] ?? '');
  return upstream.nodes.filter((node) => {
    if (node.id === own.id || node.id === upstream.node.id || node.role === 'witness') return false;
    return node.id === own.upstreamNodeId || (place !== undefined && placeOf(node.conninfo) === place);
  });
}

/** Host and port as they are written. */
function placeOf(conninfo: string): string | undefined {
  const parsed = parseConninfo(conninfo);
  if (parsed.kind === 'invalid') return undefined;
  const host = parsed.conninfo['host'] ?? parsed.conninfo['hostaddr'];
  return host === undefined ? undefined : `${host}:${parsed.conninfo['port'] ?? '5432'}`;
}
