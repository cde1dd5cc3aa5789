import { describe, expect, it } from 'vitest';
import { Inbox } from '../../src/daemon/inbox.ts';
import type { Message } from '../../src/failover/messages.ts';
import type { NodeId } from '../../src/model/node.ts';

const node = 2 as NodeId;
const message = (kind: Message['kind']) => ({ kind }) as Message;

function startInbox(needsLook = true) {
  const delivered: string[] = [];
  let look: (() => void) | undefined;
  let looks = 0;
  const inbox = new Inbox({
    needsLook: () => needsLook,
    look: () =>
      new Promise<void>((resolve) => {
        looks += 1;
        look = resolve;
      }),
    deliver: (_from, { kind }) => delivered.push(kind),
  });
  return {
    delivered,
    receive: (kind: Message['kind']) => inbox.receive(node, message(kind)),
    seen: async () => {
      look?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
    looks: () => looks,
  };
}

describe('messages on their way to the core', () => {
  it('go on at once where nobody is told of the end of WAL', () => {
    const inbox = startInbox();
    inbox.receive('heartbeat');
    expect(inbox.delivered).toEqual(['heartbeat']);
    expect(inbox.looks()).toBe(0);
  });

  it('wait for one look where they are answered with it, and keep their order', async () => {
    const inbox = startInbox();
    inbox.receive('yield');
    inbox.receive('statusRequest');
    inbox.receive('heartbeat');
    expect(inbox.delivered).toEqual([]);
    await inbox.seen();
    expect(inbox.delivered).toEqual(['yield', 'statusRequest', 'heartbeat']);
    expect(inbox.looks()).toBe(1);
  });

  it('wait no longer than a moment for a server that does not answer', async () => {
    const inbox = startInbox();
    inbox.receive('statusRequest');
    await expect.poll(() => inbox.delivered).toEqual(['statusRequest']);
  });

  it('wait for nothing on a primary, which tells its end of WAL with each heartbeat', () => {
    const inbox = startInbox(false);
    inbox.receive('statusRequest');
    expect(inbox.delivered).toEqual(['statusRequest']);
  });
});
