/** Which standbys are to be synchronous, and how many of them a commit is to wait for (rule 13). */
import type { NodeId } from '../model/node.ts';
import type { Leader } from './leader-state.ts';
import type { State } from './state.ts';
import type { SynchronousQuorum, VoterRecord } from './voter-record.ts';

/**
 * All voters that are attached, or were a moment ago. K rises as far as they can bear; it falls by the setting, and
 * where the fall-back is on with the standbys that are left. Else commits wait.
 */
export function wantedQuorum(state: State, leader: Leader, record: VoterRecord): SynchronousQuorum {
  const { settings } = state;
  const { required } = record.synchronous;
  const names = record.voters.filter(
    (node) => node !== settings.self && isThere(state, leader, record, node),
  );
  const setting = settings.canHold ? settings.synchronousQuorum : 0;
  const bearable = Math.min(setting, names.length);
  if (setting < required) {
    return { names, required: setting };
  }
  return { names, required: settings.synchronousQuorumFallback ? bearable : Math.max(required, bearable) };
}

/** Its position must be asked for in an election, so it stays a voter as long as it is named. */
export function isSynchronous({ synchronous }: VoterRecord, node: NodeId): boolean {
  return synchronous.required > 0 && synchronous.names.includes(node);
}

function isThere(
  { server, metadata, settings, now }: State,
  leader: Leader,
  record: VoterRecord,
  node: NodeId,
) {
  const isWitness = metadata.nodes.some((it) => it.id === node && it.isWitness);
  const isLeaving = leader.requests.some(({ request }) => request.kind === 'leave' && request.node === node);
  const isAttached = server?.attached.some((it) => it.node === node) === true;
  const since = leader.absences.find(([id]) => id === node)?.[1];
  const wasAttached =
    record.synchronous.names.includes(node) &&
    (since === undefined || now.monotonicMs - since < settings.leaseMs);
  return !isWitness && !isLeaving && (isAttached || wasAttached);
}
