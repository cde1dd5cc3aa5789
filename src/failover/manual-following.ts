/**
 * A standby with `failover=manual` follows no other primary than the one that it streamed from, unless an operator
 * makes it: as repmgr 3 and 5 leave such a node alone (rule 4).
 */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import type { KnownLeader } from './durable.ts';
import { cannotFollow } from './followed-leader.ts';
import { nameOf } from './names.ts';
import { isWritable } from './own-wal.ts';
import type { ServerObservation } from './server-observation.ts';
import type { State } from './state.ts';
import { act, change, explain, store, type Turn } from './turn.ts';

/** Takes over whom its server streams from now: nothing has changed, or an operator made it. */
export function noteAttached(turn: Turn, before: ServerObservation | null): void {
  const attachedTo = attachedNow(turn.state, before);
  if (attachedTo !== turn.state.durable.attachedTo) {
    store(turn, { attachedTo, leftAloneBy: null });
  }
}

/** A stream that was there before an operator named another node says nothing against that one. */
function attachedNow(state: State, before: ServerObservation | null): NodeId | null {
  const { settings, server, durable } = state;
  if (settings.failover !== 'manual') {
    return null;
  }
  if (isWritable(state)) {
    return settings.self;
  }
  const upstream = server?.receiver?.upstream ?? null;
  const isNew = durable.attachedTo === null || upstream !== (before?.receiver?.upstream ?? null);
  return upstream !== null && isNew ? upstream : durable.attachedTo;
}

/** Not once it was a primary: `rejoin` says what becomes of it then. */
export function isLeftToOperator({ settings, durable }: State, { node }: KnownLeader): boolean {
  const { attachedTo } = durable;
  return settings.failover === 'manual' && attachedTo !== settings.self && attachedTo !== node;
}

/**
 * Says so once for each leader, where it has lost its upstream: at once after a vote of its own, which keeps its
 * receiver away, else when the stream has not come back by itself. A look at the server comes soon enough for that.
 */
export function tellLeftAlone(turn: Turn, leader: KnownLeader): void {
  const { server, durable, leftAloneSince } = turn.state;
  if (!isLeftToOperator(turn.state, leader) || server?.receiver !== null) {
    if (leftAloneSince !== null) {
      change(turn, { leftAloneSince: null });
    }
    return;
  }
  const since = leftAloneSince ?? turn.now;
  change(turn, { leftAloneSince: since });
  const isLost = durable.frozen !== null || turn.now - since >= bounds.followAgainMs;
  if (isLost && durable.leftAloneBy !== leader.node) {
    store(turn, { leftAloneBy: leader.node });
    tell(turn, leader);
  }
}

/** The primary that it follows only when an operator makes it, once that was said; null: it has what it needs. */
export function waitsForOperatorToFollow({ durable, server }: State): NodeId | null {
  return server?.receiver === null ? durable.leftAloneBy : null;
}

function tell(turn: Turn, leader: KnownLeader): void {
  const { state } = turn;
  const { self } = state.settings;
  const primary = nameOf(state, leader.node);
  const command = cannotFollow(state, leader) ? 'node rejoin' : 'standby follow';
  explain(
    turn,
    4,
    'wait',
    `${primary} is the primary now; failover=manual: waits for an operator, who runs "repmgr ${command}" on this node`,
    { leader: leader.node, term: leader.term },
  );
  act(turn, {
    kind: 'recordEvent',
    event: 'standby_disconnect_manual',
    isSuccessful: true,
    details: `${nameOf(state, self)} (ID: ${self}) has failover=manual and is without replication now: the primary is ${primary} (ID: ${leader.node}); run "repmgr ${command}" on it`,
  });
}
