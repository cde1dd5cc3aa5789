import { describe, expect, it } from 'vitest';
import { ActionQueue, type LastingAction } from '../../src/daemon/action-queue.ts';
import { ActionNotBegun } from '../../src/daemon/perform/perform.ts';
import type { Action } from '../../src/failover/actions.ts';
import type { ActionResult } from '../../src/failover/events.ts';
import { emptyDurable } from '../../src/failover/initial-state.ts';
import type { NodeId } from '../../src/model/node.ts';

const persist: Action = { kind: 'persist', durable: emptyDurable };
const heartbeat = {
  kind: 'send',
  to: 2 as NodeId,
  message: { kind: 'yieldAcknowledged', term: 1 },
} as Action;
const done: ActionResult = { kind: 'done' };

/** A driver whose work ends when the test says so. */
function startQueue() {
  const told: string[] = [];
  const ends = new Map<string, { finish: () => void; fail: (error: Error) => void; signal: AbortSignal }>();
  let isWritten: { finish: () => void; fail: (error: Error) => void } | undefined;
  const queue = new ActionQueue({
    persist: () =>
      new Promise<void>((finish, fail) => {
        told.push('writes');
        isWritten = { finish, fail };
      }),
    doNow: ({ kind }) => told.push(kind),
    perform: (action, signal) =>
      new Promise<ActionResult>((resolve, reject) => {
        told.push(`begins ${action.kind} ${action.id}`);
        ends.set(`${action.kind} ${action.id}`, { finish: () => resolve(done), fail: reject, signal });
      }),
    onFinished: (id) => told.push(`finished ${id}`),
    onFailed: (id, reason, wasBegun) =>
      told.push(`failed ${id} ${wasBegun ? 'begun' : 'not begun'}: ${reason}`),
  });
  const settle = async () => await new Promise((resolve) => setImmediate(resolve));
  return {
    told,
    addAtOnce: (...actions: readonly Action[]) => queue.add(actions),
    add: async (...actions: readonly Action[]) => {
      queue.add(actions);
      await settle();
    },
    end: async (name: string, error?: Error) => {
      const end = ends.get(name);
      if (error === undefined) end?.finish();
      else end?.fail(error);
      await settle();
    },
    signalOf: (name: string) => ends.get(name)?.signal,
    written: async (error?: Error) => {
      if (error === undefined) isWritten?.finish();
      else isWritten?.fail(error);
      await settle();
    },
    close: () => queue.close(),
  };
}

function action(kind: LastingAction['kind'], id: number): Action {
  return { kind, id } as Action;
}

describe('the queue of actions', () => {
  it('holds everything behind a persist back until the file is on disk', async () => {
    const queue = startQueue();
    await queue.add(persist, heartbeat, action('freeze', 1));
    expect(queue.told).toEqual(['writes']);
    await queue.written();
    expect(queue.told).toEqual(['writes', 'send', 'begins freeze 1']);
    await queue.end('freeze 1');
    expect(queue.told.at(-1)).toBe('finished 1');
  });

  it('drops what stands behind a persist that failed, and tells of each action once', async () => {
    const queue = startQueue();
    await queue.add(persist, heartbeat, action('freeze', 1), action('askServers', 2));
    await queue.written(new Error('disk full'));
    expect(queue.told).toEqual([
      'writes',
      'failed 0 begun: disk full',
      'failed 1 not begun: disk full',
      'failed 2 not begun: disk full',
    ]);
    await queue.add(heartbeat);
    expect(queue.told.at(-1)).toBe('send');
  });

  it('begins a fence within the same step, though a persist is under way', async () => {
    const queue = startQueue();
    await queue.add(persist, heartbeat);
    queue.addAtOnce(action('fence', 1));
    expect(queue.told).toEqual(['writes', 'begins fence 1']);
  });

  it('makes void what would make the server writable when it is killed, begun or not', async () => {
    const queue = startQueue();
    await queue.add(action('promote', 1));
    await queue.add(persist, action('restartInPlace', 2), heartbeat);
    await queue.add(action('fence', 3));
    expect(queue.signalOf('promote 1')?.aborted).toBe(true);
    expect(queue.told).toContain('failed 2 not begun: PostgreSQL is made to be down');
    await queue.written();
    expect(queue.told.at(-1)).toBe('send');
    expect(queue.told.filter((line) => line.startsWith('begins restartInPlace'))).toEqual([]);
  });

  it('ends an action by a later one that changes the same, and begins that one after it', async () => {
    const queue = startQueue();
    await queue.add(action('freeze', 1), action('writeWal', 2));
    await queue.add(action('follow', 3));
    expect(queue.signalOf('freeze 1')?.aborted).toBe(true);
    expect(queue.signalOf('writeWal 2')?.aborted).toBe(false);
    expect(queue.told).not.toContain('begins follow 3');
    await queue.end('freeze 1', new Error('interrupted'));
    expect(queue.told.slice(-2)).toEqual(['failed 1 begun: interrupted', 'begins follow 3']);
  });

  it('says whether anything was done before an action failed', async () => {
    const queue = startQueue();
    await queue.add(action('promote', 1), action('hold', 2));
    await queue.end('promote 1', new ActionNotBegun('too late'));
    await queue.end('hold 2', new Error('no connection'));
    expect(queue.told.slice(-2)).toEqual(['failed 1 not begun: too late', 'failed 2 begun: no connection']);
  });

  it('begins nothing more once it is closed, and tells what runs to end', async () => {
    const queue = startQueue();
    await queue.add(action('freeze', 1));
    queue.close();
    await queue.add(heartbeat, action('follow', 2));
    expect(queue.signalOf('freeze 1')?.aborted).toBe(true);
    await queue.end('freeze 1');
    expect(queue.told).toEqual(['begins freeze 1']);
  });
});
