/** This node's PostgreSQL was looked at: where its WAL ends, who is attached, and whether that is contact (rules 1, 5). */
import { countWalContact } from './contact.ts';
import { holdName } from './hold.ts';
import { grantLease } from './lease.ts';
import { lookAtWal } from './own-wal.ts';
import type { ServerObservation } from './server-observation.ts';
import { onPromotionFailed } from './winning.ts';
import { abandon, become, change, type Turn } from './turn.ts';

export function observeServer(turn: Turn, server: ServerObservation): void {
  const before = turn.state.position;
  const isOperators = server.synchronousStandbyNames !== holdName;
  const operatorNames = isOperators ? server.synchronousStandbyNames : turn.state.operatorNames;
  change(turn, { server, operatorNames });
  lookAtWal(turn, server);
  const { role, position } = turn.state;
  if (role.kind === 'leader' && role.stage === 'promoting' && server.postmaster !== role.promotedPostmaster) {
    abandon(turn, 'promote');
    onPromotionFailed(turn, 'its postmaster ended', true);
  } else if (role.kind === 'leader') {
    become(turn, countWalContact(role, server));
  } else if (position !== null && before !== null && position.lsn > before.lsn) {
    renewLeaseByWal(turn, server);
  }
}

/** While WAL of the leader itself comes in, it lives: its lease is renewed. */
function renewLeaseByWal(turn: Turn, server: ServerObservation): void {
  const { durable, lease, settings } = turn.state;
  const { leader, vote, frozen } = durable;
  if (
    leader === null ||
    server.receiver?.upstream !== leader.node ||
    frozen !== null ||
    leader.node === settings.self
  ) {
    return;
  }
  const isBound = vote !== null && vote.term > leader.term && vote.candidate !== leader.node;
  const isYielded = lease.kind === 'ended' && lease.by !== 'time';
  if (!isBound && !isYielded && durable.term <= Math.max(leader.term, vote?.term ?? 0)) {
    grantLease(turn, leader.node, leader.term, durable.leaseMs === 0 ? settings.leaseMs : durable.leaseMs);
  }
}
