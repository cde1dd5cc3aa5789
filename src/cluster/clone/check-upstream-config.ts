/** `--check-upstream-config`: everything on a server that matters for a clone of it and for its standbys. Pure. */
import { replicationSlotName } from '../../model/node.ts';
import { checkSource, type SettingCheck } from './check-source.ts';
import { lackOfWalSenders } from './plan-method.ts';
import { lackOfSlot, sourceAsHolder } from './plan-slot.ts';
import type { SourceFacts } from './source.ts';
import type { CloneWish } from './wish.ts';

/** All that a clone would refuse, not the first alone; pg_basebackup is assumed where no method was named. */
export function checkUpstreamConfig(source: SourceFacts, wish: CloneWish): readonly SettingCheck[] {
  return [...checkSource(source, wish), checkConnections(source, wish), checkSlots(source, wish)];
}

function checkConnections(source: SourceFacts, { copy }: CloneWish): SettingCheck {
  const needed = copy.method === undefined || copy.method === 'pg_basebackup' ? 2 : 1;
  const { refusal, freeWalSenders } = source.replication;
  const counted = freeWalSenders === 2 ? '2 or more' : String(freeWalSenders);
  return {
    setting: 'free WAL senders',
    found: refusal === undefined ? counted : 'refused',
    wanted: `${needed} or more`,
    refusal: refusal ?? lackOfWalSenders(source, needed),
  };
}

function checkSlots(source: SourceFacts, wish: CloneWish): SettingCheck {
  const found = source.settings['max_replication_slots'] ?? 'not there';
  const taken = source.slots?.length ?? 0;
  const setting = { setting: 'max_replication_slots', found: `${found}, ${taken} taken` };
  if (!wish.usesSlot || wish.node === undefined) {
    return { ...setting, wanted: 'anything, as no slot is used', refusal: undefined };
  }
  const holder = sourceAsHolder(source, wish);
  const refusal = lackOfSlot(holder, replicationSlotName(wish.node.id), source.version);
  return { ...setting, wanted: 'one free', refusal };
}
