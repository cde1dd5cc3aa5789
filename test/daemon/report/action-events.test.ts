/** Events of actions that take a while: a failure is news once, however often it is tried again. */
import { expect, it } from 'vitest';
import { ActionEvents } from '../../../src/daemon/report/action-events.ts';
import type { Action } from '../../../src/failover/actions.ts';
import type { Event } from '../../../src/failover/events.ts';
import type { NodeId } from '../../../src/model/node.ts';

const primary = 2 as NodeId;
let next = 1;

/** What is told of one attempt to follow the primary that ends so. */
function attempt(events: ActionEvents, reason?: string) {
  const id = next++;
  events.noteActions([{ kind: 'follow', id, node: primary } as Extract<Action, { kind: 'follow' }>]);
  const end =
    reason === undefined
      ? { kind: 'actionFinished', id, result: { kind: 'done' } }
      : { kind: 'actionFailed', id, reason, wasBegun: true };
  return events.eventOf(end as Event);
}

it('tells a failure once until it is another one, or it worked in between', () => {
  const events = new ActionEvents((node) => `node ${node}`);
  expect(attempt(events, 'exit code 2')).toEqual({
    name: 'repmgrd_failover_follow',
    isSuccessful: false,
    details: 'this node could not be made to follow node 2: exit code 2',
    related: primary,
  });
  expect(attempt(events, 'exit code 2')).toBeUndefined();
  expect(attempt(events, 'exit code 3')?.isSuccessful).toBe(false);
  expect(attempt(events)).toMatchObject({ isSuccessful: true, details: 'this node follows node 2' });
  expect(attempt(events, 'exit code 3')?.isSuccessful).toBe(false);
});
