/**
 * Another repmgrd that watches the same node. One state directory has one repmgrd; with directories of their own two of
 * them could vote for one node, act on one server, and record two addresses for it in turn.
 */
import type { TlsFiles } from '../api/certificates.ts';
import { readPage } from '../api/page-client.ts';
import { failure } from '../errors.ts';
import type { NodeId } from '../model/node.ts';

export interface Watched {
  readonly self: NodeId;
  readonly clusterName: string;
  /** HOST:PORT where a repmgrd of this node would listen: as repmgr.conf says, and as it is recorded. */
  readonly addresses: readonly string[];
  readonly tls: TlsFiles | undefined;
  readonly signal: AbortSignal;
}

/**
 * To be called before this repmgrd listens, or it would find itself.
 * @throws RepmgrError daemon_runs_already; where nobody answers in `limits.pageMs` there is none
 */
export async function refuseTwin(watched: Watched): Promise<void> {
  const { self, clusterName, tls, signal } = watched;
  const ask = async (address: string): Promise<string | undefined> => {
    const page = await readPage({ address, path: '/cluster', tls, signal }).catch(() => undefined);
    const { node, cluster } = (page ?? {}) as { readonly node?: unknown; readonly cluster?: unknown };
    return node === self && cluster === clusterName ? address : undefined;
  };
  const answers = await Promise.all([...new Set(watched.addresses)].map(ask));
  const address = answers.find((it) => it !== undefined);
  if (address === undefined) return;
  throw failure('daemon_runs_already', {
    message: 'another repmgrd of this node is running',
    detail: `It answers at ${address} as node ${self} of cluster "${clusterName}".`,
    hint: 'Stop that one first, or give each node an id ("node") and a "conninfo" of its own in repmgr.conf.',
  });
}
