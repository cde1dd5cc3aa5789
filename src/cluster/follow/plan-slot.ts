/** The replication slot of the local server on the node that it follows. Pure. */
import { failure } from '../../errors.ts';
import { parseConninfo } from '../../model/conninfo.ts';
import { replicationSlotName } from '../../model/node.ts';
import { refuseForeignSlot } from '../../postgres/replication-slots.ts';
import { nodeLabel } from '../register/record.ts';
import type { FollowFacts } from './facts.ts';
import type { LocalFacts } from './local.ts';
import { streamingName } from './settings.ts';
import type { FollowWish } from './wish.ts';

export interface PlannedSlot {
  readonly name: string;
  /** What happens with it, in words. */
  readonly step: string;
  /** True where the local server streams from it already. */
  readonly isInUse: boolean;
}

/** @throws RepmgrError slot_unavailable, which means exit code 7 as in repmgr 3 */
export function planSlot({ local, upstream }: FollowFacts, wish: FollowWish): PlannedSlot | undefined {
  if (!wish.usesSlot) return undefined;
  const name = replicationSlotName(wish.node.id);
  const holder = `node ${nodeLabel(upstream.node)}`;
  if (upstream.slots === undefined) {
    throw failure('slot_unavailable', {
      message: `${holder} has no replication slots`,
      detail: `PostgreSQL ${upstream.version.major} does not know them.`,
      hint: 'Set use_replication_slots=0 in repmgr.conf.',
    });
  }
  const existing = upstream.slots.find((slot) => slot.name === name);
  if (existing === undefined && upstream.slots.length >= upstream.maxReplicationSlots) {
    throw failure('slot_unavailable', {
      message: `${holder} has no free replication slot`,
      detail: `max_replication_slots is ${upstream.maxReplicationSlots}, ${upstream.slots.length} are taken.`,
      hint: `Set max_replication_slots = ${Math.max(10, upstream.slots.length + 5)} there and restart it, or drop slots that nobody needs.`,
    });
  }
  if (existing === undefined) {
    return { name, step: `create the replication slot "${name}" on ${holder}`, isInUse: false };
  }
  const ownNames = [streamingName(wish), nameUntilNow(local)];
  const isListed = upstream.followers.some(({ applicationName }) => ownNames.includes(applicationName));
  const isOurs = existing.isActive && local.state.kind === 'running' && isListed;
  if (!isOurs) refuseForeignSlot(existing);
  if (existing.isLost) {
    return {
      name,
      step: `make the replication slot "${name}" on ${holder} anew: it has lost its WAL`,
      isInUse: false,
    };
  }
  return { name, step: `use the replication slot "${name}" on ${holder}`, isInUse: isOurs };
}

/** A node that was renamed streams under its former name until it follows anew. */
function nameUntilNow({ settings }: LocalFacts): string | undefined {
  const parsed = parseConninfo(settings?.['primary_conninfo'] ?? '');
  return parsed.kind === 'parsed' ? parsed.conninfo['application_name'] : undefined;
}
