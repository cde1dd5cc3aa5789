/**
 * Maintenance of one node: an operator works on its server, so its repmgrd leaves that alone and does not stand for
 * election; it goes on to vote. On the leader it is a pause of the whole cluster (rule 11).
 */
import type { OperatorRequest } from './operator-request.ts';
import type { State } from './state.ts';
import { explain, store, type Turn } from './turn.ts';

type MaintenanceRequest = Extract<OperatorRequest, { readonly kind: 'maintenance' }>;

/** Until it ends by itself; null: there is none. */
export function maintenanceLeftMs({ durable, now }: State): number | null {
  const endsAt = durable.maintenanceEndsAtWallMs;
  return endsAt === null || endsAt <= now.wallMs ? null : endsAt - now.wallMs;
}

export function isInMaintenance(state: State): boolean {
  return maintenanceLeftMs(state) !== null;
}

/** @returns what to tell the operator */
export function setMaintenance(turn: Turn, { lengthMs }: MaintenanceRequest): string {
  const { now } = turn.state;
  const isOver = lengthMs === 0;
  store(turn, { maintenanceEndsAtWallMs: isOver ? null : now.wallMs + lengthMs });
  const sentence = isOver ? 'its maintenance is over' : 'it is in maintenance';
  explain(turn, 11, isOver ? 'unpause' : 'pause', `an operator said: ${sentence}`, { lengthMs });
  return sentence;
}

/** What the same means where this node leads: nobody else may take over meanwhile. */
export function asPause({ lengthMs }: MaintenanceRequest): OperatorRequest {
  return lengthMs === 0
    ? { kind: 'unpause', isForced: false }
    : { kind: 'pause', lengthMs, reason: 'the primary is in maintenance' };
}
