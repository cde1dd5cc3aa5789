/** Tells the world that a standby follows another node, or that it could not. */
import type { Config } from '../../config/resolve.ts';
import type { Logger } from '../../log/logger.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { recordEvent } from '../record-event.ts';

export interface ReportContext {
  readonly config: Config;
  readonly log: Logger;
  /** Keeps the metadata. */
  readonly primary: Connection;
  /** The node to follow: %a, %c and %p of the notification commands. */
  readonly followed: NodeRecord;
  readonly event: 'standby_follow' | 'node_rejoin';
}

/** As recordEvent() it never throws. */
export async function reportFollow(
  { config, log, primary, followed, event: eventName }: ReportContext,
  outcome: { readonly isSuccessful: boolean; readonly details?: string },
): Promise<void> {
  const { id, name, conninfo } = followed;
  const event = {
    ...outcome,
    nodeId: config.nodeId as NodeId,
    name: eventName,
    related: { nodeId: id, name, conninfo },
  };
  await recordEvent({ connection: primary, config, log, event });
}
