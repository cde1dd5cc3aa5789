/** The replication slot of the new standby: on which server, and whether it has to be made. Pure. */
import { failure } from '../../errors.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import { replicationSlotName } from '../../model/node.ts';
import { refuseForeignSlot, type ReplicationSlot } from '../../postgres/replication-slots.ts';
import type { CloneFacts } from './inspect.ts';
import type { CloneWish } from './wish.ts';

export interface PlannedSlot {
  readonly name: string;
  /** The server that keeps it: the upstream. */
  readonly holder: Conninfo;
  readonly holderName: string;
  readonly isOnSource: boolean;
  /** False where an unused one is there. */
  readonly isNew: boolean;
}

interface Holder {
  readonly conninfo: Conninfo;
  readonly name: string;
  readonly isSource: boolean;
  readonly slots: readonly ReplicationSlot[] | undefined;
  readonly maxReplicationSlots: number;
}

/** @throws RepmgrError slot_unavailable or clone_source_unsuitable */
export function planSlot(facts: CloneFacts, wish: CloneWish): PlannedSlot | undefined {
  if (!wish.usesSlot || wish.node === undefined) return undefined;
  const name = replicationSlotName(wish.node.id);
  const holder = holderOf(facts, wish);
  if (holder.slots === undefined) {
    throw failure('clone_source_unsuitable', {
      message: `${holder.name} has no replication slots`,
      detail: `PostgreSQL ${facts.source.version.major} does not know them.`,
      hint: 'Set use_replication_slots=0 in repmgr.conf.',
    });
  }
  const existing = holder.slots.find((slot) => slot.name === name);
  if (existing !== undefined) refuseForeignSlot(existing);
  else if (holder.slots.length >= holder.maxReplicationSlots) {
    throw failure('clone_source_unsuitable', {
      message: `${holder.name} has no free replication slot`,
      detail: `max_replication_slots is ${holder.maxReplicationSlots}, ${holder.slots.length} are taken.`,
      hint: `Set max_replication_slots = ${Math.max(10, holder.slots.length + 5)} there and restart it, or drop slots that nobody needs.`,
    });
  }
  return {
    name,
    holder: holder.conninfo,
    holderName: holder.name,
    isOnSource: holder.isSource,
    isNew: existing === undefined || existing.isLost,
  };
}

function holderOf({ source, upstream }: CloneFacts, wish: CloneWish): Holder {
  if (upstream.kind === 'node' && upstream.server.kind === 'other') {
    return {
      conninfo: upstream.conninfo,
      name: `upstream node "${upstream.node.name}" (ID: ${upstream.node.id})`,
      isSource: false,
      ...upstream.server,
    };
  }
  return {
    conninfo: wish.source,
    name: `the source ${source.host}:${source.port}`,
    isSource: true,
    slots: source.slots,
    maxReplicationSlots: Number(source.settings['max_replication_slots'] ?? 0),
  };
}
