/** From which node a standby really streams, put together from what both ends say. Pure. */
import { type Conninfo, parseConninfo } from '../model/conninfo.ts';
import type { NodeId, NodeRecord } from '../model/node.ts';
import type { WalReceiverStatus } from '../postgres/queries/server-status.ts';
import type { NodeObservation } from './survey.ts';

export type ObservedUpstream =
  | { readonly kind: 'node'; readonly node: NodeRecord }
  /** Streams, but from a server that is no node of the metadata (or is reached by a name that it does not know). */
  | { readonly kind: 'elsewhere'; readonly address: string }
  /** No WAL receiver runs, or it does not stream (`status` says what it does instead). */
  | { readonly kind: 'none'; readonly status: string | undefined }
  /** Neither end can or may tell. */
  | { readonly kind: 'unknown' };

/** By the id of each node that was asked. */
export type ObservedUpstreams = ReadonlyMap<NodeId, ObservedUpstream>;

/**
 * The standby's own WAL receiver knows the address of its upstream; the upstream knows the application_name. An
 * address that stands in exactly one node's conninfo decides; else the name that exactly one node lists.
 */
export function observedUpstreams(observations: readonly NodeObservation[]): ObservedUpstreams {
  const servers = observations.map(placeOf);
  return new Map(observations.map((observation) => [observation.node.id, upstreamOf(observation, servers)]));
}

function upstreamOf(standby: NodeObservation, servers: readonly Place[]): ObservedUpstream {
  if (standby.answer.kind !== 'answered' || !standby.answer.status.isInRecovery) return { kind: 'unknown' };
  const { walReceiver } = standby.answer.status;
  if (walReceiver === 'absent') return { kind: 'none', status: undefined };
  if (walReceiver !== 'hidden' && walReceiver.status !== 'streaming') {
    return { kind: 'none', status: walReceiver.status };
  }
  const others = servers.filter(({ node }) => node.id !== standby.node.id);
  const name = streamingName(standby);
  const listing = others.filter(({ listedNames }) => listedNames.has(name));
  const address = walReceiver === 'hidden' ? undefined : upstreamAddress(walReceiver);
  const atAddress = address === undefined ? [] : others.filter((other) => isAt(other, address));
  const decided = oneOf(atAddress, standby.node) ?? oneOf(listing, standby.node);
  if (decided !== undefined) return { kind: 'node', node: decided };
  return address === undefined ? { kind: 'unknown' } : { kind: 'elsewhere', address: inWords(address) };
}

/** The application_name under which a standby's WAL receiver shows itself, as far as it is known. */
export function streamingName({ node, answer }: NodeObservation): string {
  if (answer.kind === 'answered' && typeof answer.status.walReceiver === 'object') {
    const used = conninfoOf(answer.status.walReceiver.conninfo ?? '');
    if (used !== undefined) {
      return used['application_name'] ?? used['fallback_application_name'] ?? 'walreceiver';
    }
  }
  return expectedStreamingName(node);
}

/** What clone and follow write into primary_conninfo: an application_name in the node's conninfo beats its name. */
export function expectedStreamingName(node: NodeRecord): string {
  return placeOfRow(node).streamingName;
}

/** Where a row says that its server is reached. */
export function addressesOfRow(node: NodeRecord): readonly Address[] {
  return placeOfRow(node).addresses;
}

interface RowPlace {
  readonly streamingName: string;
  readonly addresses: readonly Address[];
}

/** repmgrd compares the same rows several times a second with who streams: a conninfo is read once. */
const placesOfRows = new WeakMap<NodeRecord, RowPlace>();

function placeOfRow(node: NodeRecord): RowPlace {
  const known = placesOfRows.get(node);
  if (known !== undefined) return known;
  const place = {
    streamingName: conninfoOf(node.conninfo)?.['application_name'] ?? node.name,
    addresses: addressesOf(node.conninfo),
  };
  placesOfRows.set(node, place);
  return place;
}

interface Address {
  readonly host: string;
  readonly port: string;
}

function upstreamAddress(receiver: WalReceiverStatus): Address | undefined {
  if (receiver.senderHost !== undefined) {
    return { host: receiver.senderHost, port: String(receiver.senderPort ?? 5432) };
  }
  const [only, ...more] = addressesOf(receiver.conninfo ?? '');
  return more.length === 0 ? only : undefined;
}

/** Where a node can be reached, and whom it lists as its followers. */
interface Place {
  readonly node: NodeRecord;
  readonly addresses: readonly Address[];
  readonly listedNames: ReadonlySet<string>;
}

function placeOf({ node, answer }: NodeObservation): Place {
  const isTold = answer.kind === 'answered' && answer.status.walSenders !== 'hidden';
  const walSenders = isTold ? answer.status.walSenders : [];
  return {
    node,
    addresses: addressesOf(node.conninfo),
    listedNames: new Set(walSenders.map(({ applicationName }) => applicationName)),
  };
}

function isAt({ addresses }: Place, address: Address): boolean {
  return addresses.some(({ host, port }) => host === address.host && port === address.port);
}

/** Rows may share a server; then the one that the metadata names is as good as any. */
function oneOf(candidates: readonly Place[], standby: NodeRecord): NodeRecord | undefined {
  const recorded = candidates.find(({ node }) => node.id === standby.upstreamNodeId);
  return (recorded ?? (candidates.length === 1 ? candidates[0] : undefined))?.node;
}

/** Each host of a conninfo with its port; none for an unreadable one, or one that leaves the host to libpq. */
export function addressesOf(text: string): Address[] {
  const conninfo = conninfoOf(text);
  if (conninfo === undefined) return [];
  const hosts = (conninfo['host'] ?? conninfo['hostaddr'] ?? '').split(',');
  const ports = (conninfo['port'] ?? '5432').split(',');
  return hosts.flatMap((host, index) =>
    host === '' ? [] : [{ host, port: ports[index] ?? ports[0] ?? '5432' }],
  );
}

function conninfoOf(text: string): Conninfo | undefined {
  const parsed = parseConninfo(text);
  return parsed.kind === 'parsed' ? parsed.conninfo : undefined;
}

function inWords({ host, port }: Address): string {
  return host.startsWith('/') ? `${host}, port ${port}` : `${host}:${port}`;
}
