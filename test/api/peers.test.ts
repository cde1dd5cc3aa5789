import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Message } from '../../src/failover/messages.ts';
import type { ClusterSecrets } from '../../src/model/cluster-secrets.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { heartbeatOf, registered } from '../failover/support/one-node.ts';
import { numbered, type Peer, startPeer, tell, termOf } from './support/peer.ts';
import { startRelay } from './support/relay.ts';
import { node } from './support/view.ts';

/** A heartbeat whose term tells it apart. */
function beat(term: number): Message {
  return { ...heartbeatOf(registered(3)), term } as Message;
}

function heard(peer: Peer): readonly number[] {
  return peer.received.map(({ message }) => termOf(message));
}

function warnings(peer: Peer): readonly string[] {
  return peer.logged.filter((line) => /^(?:WARNING|ERROR)/.test(line));
}

describe('two repmgrds', () => {
  it('hear each other, in the order in which it was said, on one connection', async () => {
    const [one, two] = [await startPeer({ id: 1 }), await startPeer({ id: 2 })];
    const relay = await startRelay(two.address);
    one.connections.setPeers(new Map([[two.id, relay.address]]));
    two.knows(one);
    for (let term = 1; term <= 100; term++) {
      one.connections.send(two.id, numbered(term));
      if (term % 10 === 0) await two.hears((message) => termOf(message) === term);
    }
    expect(heard(two)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(relay.made).toBe(1);
    await tell(two, one, numbered(7));
    expect(one.received).toEqual([{ from: 2, message: numbered(7) }]);
  });

  it('find each other again when one of them was killed, and comes back at its address', async () => {
    const [one, two] = [await startPeer({ id: 1 }), await startPeer({ id: 2 })];
    one.knows(two);
    await tell(one, two, numbered(1));
    await two.end();
    await one.logs('repmgrd of node 2 is not reached');
    const again = await startPeer({ id: 2, listen: two.address, bootNonce: 'another-life' });
    await tell(one, again, numbered(2));
    expect(new Set(heard(again))).toEqual(new Set([2]));
    await one.logs(`repmgrd of node 2 at ${two.address} answers`);
  });

  it('do not wait with another try for one that has just said something', async () => {
    const [one, two] = [await startPeer({ id: 1 }), await startPeer({ id: 2 })];
    await two.end();
    // No timer brings a second try.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    one.knows(two);
    await one.logs('repmgrd of node 2 is not reached');
    await startPeer({ id: 2, listen: two.address, bootNonce: 'another-life' });
    one.connections.noteHeard(two.id);
    await one.logs(`repmgrd of node 2 at ${two.address} answers`);
  });

  it('pass on only the newest heartbeat after the network stood still, and never wait for it', async () => {
    const [one, two] = [await startPeer({ id: 1 }), await startPeer({ id: 2 })];
    const relay = await startRelay(two.address);
    one.connections.setPeers(new Map([[two.id, relay.address]]));
    await tell(one, two, numbered(1));
    relay.freeze();
    const before = performance.now();
    for (let term = 2; term <= 500; term++) one.connections.send(two.id, beat(term));
    expect(performance.now() - before).toBeLessThan(500);
    relay.thaw();
    await two.hears((message) => termOf(message) === 500);
    expect(heard(two).filter((term) => term > 1)).toEqual([2, 3, 500]);
  });

  it('give a connection up that falls silent, and open another one', async () => {
    const [one, two] = [await startPeer({ id: 1 }), await startPeer({ id: 2 })];
    const relay = await startRelay(two.address);
    one.connections.setPeers(new Map([[two.id, relay.address]]));
    await tell(one, two, beat(1));
    relay.freeze();
    one.connections.send(two.id, beat(2));
    await one.logs('it does not answer');
    relay.thaw();
    const isOpenedAgain = await waitUntil(async () => (relay.made > 1 ? true : undefined), {
      deadlineMs: 5_000,
    });
    expect(isOpenedAgain).toBe(true);
    await tell(one, two, beat(3));
    await two.hears((message) => termOf(message) === 3);
  });

  it('drop what is meant for a node that is not known, or whose address is a lie', async () => {
    const one = await startPeer({ id: 1 });
    one.connections.setPeers(new Map([[node(2), '127.0.0.1:1']]));
    for (let term = 1; term < 1000; term++) {
      one.connections.send(node(2), numbered(term));
      one.connections.send(node(3), numbered(term));
    }
    await one.logs('ECONNREFUSED');
  });

  it('reach each other by name, whatever becomes of other names', async () => {
    const [one, two] = [await startPeer({ id: 1 }), await startPeer({ id: 2 })];
    const port = two.address.split(':')[1];
    one.connections.setPeers(
      new Map([
        [node(3), 'no-such-host.invalid:15432'],
        [two.id, `localhost:${port}`],
      ]),
    );
    await tell(one, two, numbered(1));
    await one.logs('the address of "no-such-host.invalid" is not known');
  });
});

describe('the secret of the cluster', () => {
  it('may be renewed on one node after the other', async () => {
    const [one, two] = [
      await startPeer({ id: 1, secrets: () => ['new', 'old'] }),
      await startPeer({ id: 2, secrets: () => ['old'] }),
    ];
    one.knows(two);
    two.knows(one);
    await tell(one, two, numbered(1));
    await tell(two, one, numbered(2));
    expect(warnings(one)).toEqual([]);
  });

  it('is told to the others when a connection opens, and when it changes, before anybody signs with it', async () => {
    const told: ClusterSecrets[] = [];
    let known = ['old'];
    const one = await startPeer({ id: 1, secrets: () => known, secretVersion: 7 });
    const two = await startPeer({ id: 2, secrets: () => ['old'], onSecrets: (it) => told.push(it) });
    one.knows(two);
    await tell(one, two, numbered(1));
    expect(told).toEqual([{ secrets: ['old'], secretVersion: 7 }]);
    known = ['old', 'next'];
    one.connections.shareSecrets();
    await tell(one, two, numbered(2));
    expect(told[1]).toEqual({ secrets: ['old', 'next'], secretVersion: 7 });
    expect([...warnings(one), ...warnings(two)]).toEqual([]);
  });

  it('must be known: another one is refused, and both logs say so, once', async () => {
    let looks = 0;
    const [one, two] = [
      await startPeer({ id: 1, secrets: () => ['one'], onUnknownSecret: () => looks++ }),
      await startPeer({ id: 2, secrets: () => ['two'] }),
    ];
    const relay = await startRelay(two.address);
    one.connections.setPeers(new Map([[two.id, relay.address]]));
    one.connections.send(two.id, numbered(1));
    const isTriedAgain = await waitUntil(async () => (relay.made > 3 ? true : undefined), {
      deadlineMs: 10_000,
    });
    expect(isTriedAgain).toBe(true);
    await one.logs('ERROR: repmgrd of node 2 is not reached');
    expect(warnings(one)).toHaveLength(1);
    expect(warnings(one)[0]).toContain('it knows another secret than this node');
    expect(warnings(two)).toEqual([expect.stringContaining('sent a message with a wrong signature')]);
    expect(two.received).toEqual([]);
    expect(looks).toBeGreaterThan(0);
  });
});

describe('a repmgrd refuses', () => {
  it.each([
    ['one of another cluster', { cluster: 'other' }, 'it belongs to cluster "other", this node to "test"'],
    [
      'one of a cluster of the same name',
      { systemIdentifier: '74' },
      'its cluster has the system identifier 74, this one 73',
    ],
    ['one that is not registered', { id: 12 }, 'says that it is node 12, which is not registered'],
    [
      'one of a version that neither understands',
      { versions: { newest: 9, oldest: 8 } },
      'it speaks the versions 8 to 9 of the protocol, this node 1 to 1',
    ],
  ])('%s, and both logs say why', async (_, options, reason) => {
    const [stranger, two] = [await startPeer({ id: 1, ...options }), await startPeer({ id: 2 })];
    stranger.knows(two);
    stranger.connections.send(two.id, numbered(1));
    await two.logs(reason);
    await stranger.logs('it refuses this node');
    expect(two.received).toEqual([]);
  });

  it('one that takes it for another node', async () => {
    const [one, two] = [await startPeer({ id: 1 }), await startPeer({ id: 2 })];
    one.connections.setPeers(new Map([[node(3), two.address]]));
    one.connections.send(node(3), numbered(1));
    await two.logs('it looks for node 3 here, and this is node 2');
    await one.logs('it looks for node 3 here, and this is node 2');
  });
});

describe('two repmgrds with the same id', () => {
  it('are not both listened to: the second one is refused while the first one lives', async () => {
    const [first, second, three] = [
      await startPeer({ id: 2 }),
      await startPeer({ id: 2 }),
      await startPeer({ id: 3 }),
    ];
    first.knows(three);
    await tell(first, three, numbered(1));
    second.knows(three);
    second.connections.send(three.id, numbered(2));
    await three.logs(
      'says that it is node 2, and was refused | another repmgrd, at 127.0.0.1, says the same',
    );
    await second.logs('ERROR: repmgrd of node 3 is not reached');
    await tell(first, three, numbered(3));
    expect(heard(three)).not.toContain(2);
    await first.end();
    await tell(second, three, numbered(4));
  });

  it('are told from one that was restarted, of which the network has kept the former connection', async () => {
    const [before, three] = [await startPeer({ id: 2 }), await startPeer({ id: 3 })];
    const relay = await startRelay(three.address);
    before.connections.setPeers(new Map([[three.id, relay.address]]));
    await tell(before, three, numbered(1));
    relay.freeze();
    const after = await startPeer({ id: 2 });
    after.knows(three);
    await tell(after, three, numbered(2));
    expect(heard(three)).toContain(2);
  });
});

describe('versions of the protocol', () => {
  it('n and n-1 understand each other both ways', async () => {
    const older = await startPeer({ id: 1 });
    const newer = await startPeer({ id: 2, versions: { newest: 2, oldest: 1 } });
    older.knows(newer);
    newer.knows(older);
    await tell(older, newer, numbered(1));
    await tell(newer, older, numbered(2));
    expect(warnings(older)).toEqual([]);
    expect(warnings(newer)).toEqual([]);
  });

  it('a node that does not know yet which cluster it belongs to is let in, and tells it when it does', async () => {
    const systemIdentifier: string | null = null;
    const [one, two] = [await startPeer({ id: 1, systemIdentifier }), await startPeer({ id: 2 })];
    one.knows(two);
    await tell(one, two, numbered(1));
    one.belongsTo('74');
    one.connections.send(two.id, numbered(2));
    await two.logs('its cluster has the system identifier 74, this one 73');
    expect(heard(two)).not.toContain(2);
  });
});
