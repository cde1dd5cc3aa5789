/** Which recorded nodes the server's WAL receiver and walsenders belong to. Pure. */
import { addressesOf, addressesOfRow, expectedStreamingName } from '../../cluster/observed-upstream.ts';
import type { AttachedStandby } from '../../failover/server-observation.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import type { OwnReceiver, OwnSender } from '../../postgres/queries/own-status.ts';
import { lsnBytes } from './wal-marks.ts';

/** @returns null where its address stands in no other node's conninfo, or in several */
export function upstreamOf(
  receiver: Partial<Pick<OwnReceiver, 'senderHost' | 'senderPort' | 'conninfo'>>,
  self: NodeId,
  nodes: readonly NodeRecord[],
): NodeId | null {
  const addresses =
    receiver.senderHost === undefined
      ? addressesOf(receiver.conninfo ?? '')
      : [{ host: receiver.senderHost, port: String(receiver.senderPort ?? 5432) }];
  const [address, ...more] = addresses;
  if (address === undefined || more.length > 0) return null;
  const found = nodes.filter(
    (node) =>
      node.id !== self &&
      addressesOfRow(node).some(({ host, port }) => host === address.host && port === address.port),
  );
  return found.length === 1 ? (found[0]?.id ?? null) : null;
}

/** Standbys that are attached directly, by their application_name; one that two nodes share says nothing. */
export function attachedOf(
  senders: readonly OwnSender[],
  self: NodeId,
  nodes: readonly NodeRecord[],
): readonly AttachedStandby[] {
  return senders.flatMap(({ applicationName, flushedLsn, syncPriority }) => {
    const named = nodes.filter(
      (node) =>
        node.id !== self && node.role !== 'witness' && expectedStreamingName(node) === applicationName,
    );
    const [node, ...others] = named;
    if (node === undefined || others.length > 0 || flushedLsn === undefined) return [];
    return [{ node: node.id, flushedLsn: lsnBytes(flushedLsn), syncPriority }];
  });
}
