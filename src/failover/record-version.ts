/** A leader changes its record: each change has a version of its own, and goes out at once. */
import type { Leader } from './leader-state.ts';
import { become, store, type Turn } from './turn.ts';
import type { VoterRecord } from './voter-record.ts';

export function publish(turn: Turn, leader: Leader, record: VoterRecord): void {
  const { version } = record;
  const number = version.term === leader.term ? version.number + 1 : 1;
  store(turn, { record: { ...record, version: { term: leader.term, number } } });
  become(turn, { ...leader, recordSentAt: turn.now, lastHeartbeatAt: 0 as Leader['lastHeartbeatAt'] });
}
