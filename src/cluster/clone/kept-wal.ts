/** What keeps the WAL of the time of a copy on the source. Pure. */
import { failure } from '../../errors.ts';
import { walKeepSegments } from './check-source.ts';
import type { CloneFacts } from './inspect.ts';
import type { Remark } from './remark.ts';

export function hasFreeSlot({ source }: CloneFacts): boolean {
  return (source.slots?.length ?? 0) < Number(source.settings['max_replication_slots'] ?? 0);
}

export function noFreeSlot({ source }: CloneFacts): Remark {
  return {
    level: 'warning',
    message: 'the source has no free replication slot to keep its WAL while it is copied',
    detail: 'Where much is written meanwhile, the copy may fail at its end for lack of WAL.',
    hint: `Raise max_replication_slots (${source.settings['max_replication_slots']}) there, or set ${source.version.capabilities.walKeepSetting}.`,
  };
}

/** Why WAL could get lost. */
export interface UnkeptWal {
  /** As in `pg_basebackup_options do not stream WAL`. */
  readonly reason: string;
  /** What would keep it: `a slot`, ... */
  readonly missing: string;
  readonly hint: string;
}

/**
 * Without a stream beside the copy, WAL of its time must be there afterwards.
 * @throws RepmgrError clone_source_unsuitable
 */
export function refuseUnkeptWal({ source }: CloneFacts, { reason, missing, hint }: UnkeptWal): void {
  if (walKeepSegments(source) >= 1) return;
  const { walKeepSetting } = source.version.capabilities;
  throw failure('clone_source_unsuitable', {
    message: 'nothing keeps the WAL that the copy needs',
    detail: `${reason}, ${walKeepSetting} is ${source.settings[walKeepSetting]}, and there is ${missing}.`,
    hint,
  });
}
