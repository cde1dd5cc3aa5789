/** The replication slot of the new standby: on which server, and whether it has to be made. Pure. */
import { failure, type RepmgrError } from '../../errors.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import { replicationSlotName } from '../../model/node.ts';
import { refuseForeignSlot, type ReplicationSlot } from '../../postgres/replication-slots.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import type { CloneFacts } from './inspect.ts';
import type { SourceFacts } from './source.ts';
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

/** The server that is to keep a slot. */
export interface SlotHolder {
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
  const holder = slotHolder(facts, wish);
  const refusal = lackOfSlot(holder, name, facts.source.version);
  if (refusal !== undefined) throw refusal;
  const existing = holder.slots?.find((slot) => slot.name === name);
  if (existing !== undefined) refuseForeignSlot(existing);
  return {
    name,
    holder: holder.conninfo,
    holderName: holder.name,
    isOnSource: holder.isSource,
    isNew: existing === undefined || existing.isLost,
  };
}

/** The slot as a step of a plan. */
export function slotStep({ name, holderName, isNew }: PlannedSlot): string {
  return isNew
    ? `create replication slot "${name}" on ${holderName}`
    : `use replication slot "${name}", which is there already, on ${holderName}`;
}

/** Why no slot of this name can be had; undefined where it can, or is there already. */
export function lackOfSlot(
  holder: SlotHolder,
  name: string,
  { major }: ServerVersion,
): RepmgrError | undefined {
  const { slots, maxReplicationSlots } = holder;
  if (slots === undefined) {
    return failure('clone_source_unsuitable', {
      message: `${holder.name} has no replication slots`,
      detail: `PostgreSQL ${major} does not know them.`,
      hint: 'Set use_replication_slots=0 in repmgr.conf.',
    });
  }
  if (slots.length < maxReplicationSlots || slots.some((slot) => slot.name === name)) return undefined;
  return failure('clone_source_unsuitable', {
    message: `${holder.name} has no free replication slot`,
    detail: `max_replication_slots is ${maxReplicationSlots}, ${slots.length} are taken.`,
    hint: `Set max_replication_slots = ${Math.max(10, slots.length + 5)} there and restart it, or drop slots that nobody needs.`,
  });
}

/** Whoever the new standby will stream from. */
export function slotHolder({ source, upstream }: CloneFacts, wish: CloneWish): SlotHolder {
  if (upstream.kind === 'node' && upstream.server.kind === 'other') {
    return {
      conninfo: upstream.conninfo,
      name: `upstream node "${upstream.node.name}" (ID: ${upstream.node.id})`,
      isSource: false,
      ...upstream.server,
    };
  }
  return sourceAsHolder(source, wish);
}

/** The source itself, which keeps the slot where no other upstream is named. */
export function sourceAsHolder(source: SourceFacts, wish: CloneWish): SlotHolder {
  return {
    conninfo: wish.source,
    name: `the source ${source.host}:${source.port}`,
    isSource: true,
    slots: source.slots,
    maxReplicationSlots: Number(source.settings['max_replication_slots'] ?? 0),
  };
}
