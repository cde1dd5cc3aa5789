/** What a driver does for each action of the core, in a world where anything may go wrong in the middle of it. */
import type { Action } from '../../../src/failover/actions.ts';
import type { PeerAnswer } from '../../../src/failover/server-observation.ts';
import type { NodeId } from '../../../src/model/node.ts';
import type { Daemon } from './daemon.ts';
import {
  armSafeStart,
  disarmSafeStart,
  fence,
  promote,
  rejoin,
  restartInPlace,
  shutDown,
  startAsStandby,
  takeDown,
} from './server-effects.ts';
import {
  fetchWal,
  follow,
  freeze,
  hold,
  release,
  setSynchronousNames,
  unfreeze,
  writeWal,
} from './wal-effects.ts';

type Queued = Exclude<Action, { kind: 'persist' | 'setTimer' }>;

export function perform(daemon: Daemon, action: Queued): void {
  switch (action.kind) {
    case 'send':
      daemon.world.send(daemon.node, action.to, action.message);
      return;
    case 'freeze':
      return freeze(daemon, action.id);
    case 'unfreeze':
      return unfreeze(daemon, action.id, action.primaryConninfo);
    case 'askServers':
      return askServers(daemon, action.id, action.nodes, action.withinMs);
    case 'fetchWal':
      return fetchWal(daemon, action);
    case 'promote':
      return promote(daemon, action);
    case 'follow':
      return follow(daemon, action.id, action.node);
    case 'rejoin':
      return rejoin(daemon, action.id, action.node);
    case 'hold':
      return hold(daemon, action.id);
    case 'release':
      return release(daemon, action.id, action.synchronousStandbyNames);
    case 'fence':
      return fence(daemon, action.id);
    case 'takeDown':
      return takeDown(daemon, action.id);
    case 'shutDown':
      return shutDown(daemon, action.id);
    case 'startAsStandby':
      return startAsStandby(daemon, action.id);
    case 'restartInPlace':
      return restartInPlace(daemon, action);
    case 'armSafeStart':
      return armSafeStart(daemon, action.id);
    case 'disarmSafeStart':
      return disarmSafeStart(daemon, action.id, action.restartAfterCrash);
    case 'writeWal':
      return writeWal(daemon, action.id);
    case 'setSynchronousNames':
      return setSynchronousNames(daemon, action);
    case 'renewGuard':
      return daemon.world.guardOf(daemon.node).renew(action.deadline);
    case 'endGuard':
      return daemon.world.guardOf(daemon.node).end();
    case 'writeMetadata':
      return daemon.world.metadata.writeBy(daemon, action.term);
    case 'recordEvent':
      return daemon.world.tell(daemon.node, `event ${action.event}: ${action.details}`);
    case 'answerOperator':
      return daemon.world.operatorAnswered(action.requestId, action.isAccepted, action.sentence);
  }
}

function askServers(daemon: Daemon, id: number, nodes: readonly NodeId[], withinMs: number): void {
  const { world } = daemon;
  const answers = new Map<NodeId, PeerAnswer>();
  let isOver = false;
  const finish = () => {
    if (isOver) return;
    isOver = true;
    const result = nodes.map((node) => [node, answers.get(node) ?? 'silent'] as const);
    daemon.finished(id, { kind: 'serversAnswered', answers: result });
  };
  for (const node of nodes) {
    world.ask(daemon.node, node, daemon.process, (answer) => {
      answers.set(node, answer);
      if (answers.size === nodes.length) finish();
    });
  }
  world.schedule.after(
    nodes.length === 0 ? 0 : daemon.host.clock.virtualMs(withinMs),
    daemon.process,
    finish,
  );
}
