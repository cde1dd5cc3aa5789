import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { splitAddress } from '../../src/api/address.ts';
import { helloOf, protocolVersions, writeLine } from '../../src/api/protocol.ts';
import { limits } from '../../src/limits.ts';
import { heartbeatOf, registered } from '../failover/support/one-node.ts';
import { numbered, type Peer, secretOfTests as secret, startPeer } from './support/peer.ts';
import { type RawPeer, rawPeer } from './support/raw-peer.ts';
import { node } from './support/view.ts';

const hello = JSON.stringify(
  helloOf(
    { self: node(1), clusterName: 'test', systemIdentifier: '73' },
    'life 1',
    node(2),
    protocolVersions,
  ),
);

function warnings(peer: Peer): readonly string[] {
  return peer.logged.filter((line) => /^(?:WARNING|ERROR)/.test(line));
}

function line(raw: RawPeer, counter: number, body: string): string {
  return writeLine(secret, '/peer', raw.nonce, counter, body);
}

/** A connection on which node 1 has said who it is. */
async function greeted(peer: Peer, keepsOpen = false): Promise<RawPeer> {
  const raw = await rawPeer(peer.address, '/peer', keepsOpen);
  raw.socket.write(line(raw, 0, hello));
  expect(await raw.answers(1)).toEqual(['204 0']);
  return raw;
}

describe('a repmgrd refuses a message', () => {
  it('that is repeated, on the same connection or on another one', async () => {
    const two = await startPeer({ id: 2 });
    const raw = await greeted(two);
    const message = line(raw, 1, JSON.stringify(numbered(1)));
    raw.socket.write(message + message);
    expect(await raw.answers(3)).toEqual(['204 0', '204 1', '409 1']);
    await raw.ended();
    const later = await greeted(two);
    later.socket.write(message);
    expect(await later.answers(2)).toEqual(['204 0', `401 0 ${later.nonce}`]);
    await later.ended();
    expect(two.received).toHaveLength(1);
    expect(warnings(two)).toEqual([
      expect.stringContaining('node 1 sent a message for the second time, or out of its order'),
      expect.stringContaining('node 1 sent a message with a wrong signature'),
    ]);
  });

  it('whose text was changed, or that came out of its order', async () => {
    const two = await startPeer({ id: 2 });
    const changed = await greeted(two);
    changed.socket.write(line(changed, 1, JSON.stringify(numbered(1))).replace('"term":1', '"term":2'));
    expect(await changed.answers(2)).toEqual(['204 0', `401 0 ${changed.nonce}`]);
    const early = await greeted(two);
    early.socket.write(line(early, 2, JSON.stringify(numbered(1))));
    expect(await early.answers(2)).toEqual(['204 0', '409 0']);
    expect(two.received).toEqual([]);
  });

  it('of somebody who did not say who he is', async () => {
    const two = await startPeer({ id: 2 });
    const raw = await rawPeer(two.address);
    raw.socket.write(line(raw, 0, JSON.stringify(numbered(1))));
    expect((await raw.answers(1))[0]).toMatch(/^400 /);
    await raw.ended();
    expect(warnings(two)).toEqual([expect.stringContaining('127.0.0.1 did not say which node it is')]);
  });

  it('that is malformed, and listens on', async () => {
    const two = await startPeer({ id: 2 });
    const raw = await greeted(two);
    raw.socket.write(
      line(raw, 1, 'no JSON') +
        line(raw, 2, '{"kind":"heartbeat"}') +
        line(raw, 3, '{"kind":"of a later version"}') +
        line(raw, 4, JSON.stringify(numbered(9))),
    );
    expect(await raw.answers(5)).toEqual(['204 0', '400 1', '400 2', '204 3', '204 4']);
    expect(two.received).toEqual([{ from: 1, message: numbered(9) }]);
    expect(warnings(two)).toEqual([expect.stringContaining('node 1 sent a malformed message')]);
  });

  it('that is too large, before it has arrived', async () => {
    const two = await startPeer({ id: 2 });
    const raw = await greeted(two);
    const reason = 'x'.repeat(limits.peerMessageBytes);
    raw.socket.write(line(raw, 1, JSON.stringify({ ...heartbeatOf(registered(3)), reason })));
    expect((await raw.answers(2))[1]).toMatch(/^413 /);
    await raw.ended();
    expect(warnings(two)).toEqual([
      expect.stringContaining(`node 1 sent a message of more than ${limits.peerMessageBytes} bytes`),
    ]);
  });

  it('that is noise', async () => {
    const two = await startPeer({ id: 2 });
    for (const noise of [
      '\n',
      'GET / HTTP/1.1\n\n',
      '1 2\n',
      '-1 x {}\n',
      '\0\x01\x02\xff\n',
      '1e3 a {}\n',
    ]) {
      const raw = await rawPeer(two.address);
      raw.socket.write(noise);
      expect((await raw.answers(1))[0], noise).toMatch(/^400 /);
      await raw.ended();
    }
    expect(warnings(two)).toHaveLength(1);
  });
});

describe('a listener of repmgrd', () => {
  it('writes one line a minute about a sender, however often it is refused', async () => {
    const two = await startPeer({ id: 2 });
    for (let attempt = 0; attempt < 50; attempt++) {
      const raw = await rawPeer(two.address);
      raw.socket.write(`0 wrong-signature ${hello}\n`);
      await raw.ended();
    }
    expect(warnings(two)).toHaveLength(1);
    expect(warnings(two)[0]).not.toContain(secret);
  });

  it('reports each kind of refusal once, whoever it was, with what to do in the log', async () => {
    const two = await startPeer({ id: 2 });
    for (let attempt = 0; attempt < 5; attempt++) {
      for (const text of [`0 wrong-signature ${hello}\n`, 'noise\n']) {
        const raw = await rawPeer(two.address);
        raw.socket.write(text);
        await raw.ended();
      }
    }
    expect(two.refusals).toEqual([
      '127.0.0.1 sent a message with a wrong signature',
      '127.0.0.1 sent something that is no message of a repmgrd',
    ]);
    expect(warnings(two)).toEqual([
      expect.stringContaining('The nodes have different secrets'),
      expect.stringContaining('Compare the versions of repmgrd'),
    ]);
  });

  it('says nothing of a node that turns out to be registered when the metadata are read again', async () => {
    let isRegistered = false;
    const two = await startPeer({
      id: 2,
      isKnownNode: () => isRegistered,
      lookAgain: async () => {
        isRegistered = true;
      },
    });
    const raw = await rawPeer(two.address);
    raw.socket.write(line(raw, 0, hello));
    expect(await raw.answers(1)).toEqual(['403 0']);
    await raw.ended();
    await greeted(two);
    expect(warnings(two)).toEqual([]);
    expect(two.refusals).toEqual([]);
  });

  it('lets nobody keep a connection who says nothing', async () => {
    const two = await startPeer({ id: 2 });
    const raw = await rawPeer(two.address);
    await raw.ended();
    expect(warnings(two)).toEqual([
      expect.stringContaining('127.0.0.1 opened a connection and said nothing'),
    ]);
  }, 15_000);

  it('closes a connection whose other end is closed', async () => {
    const raw = await greeted(await startPeer({ id: 2 }));
    raw.socket.end();
    await raw.ended();
  });

  it('closes what it refused, also where the other side keeps its end open and talks on', async () => {
    const two = await startPeer({ id: 2 });
    const refused = [await greeted(two, true), await rawPeer(two.address, '/peer', true)];
    const talking = setInterval(() => {
      for (const { socket } of refused) socket.write('nonsense\n');
    }, 100);
    onTestFinished(() => clearInterval(talking));
    for (const raw of refused) await raw.ended();
  }, 15_000);

  it('outlives whatever is no HTTP at all, and upgrades that it does not know', async () => {
    const two = await startPeer({ id: 2 });
    const texts = [
      '\x16\x03\x01\x02\x00\x01',
      'nonsense\r\n\r\n',
      'GET /peer HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'GET /cluster HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: repmgr\r\n\r\n',
      `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
    ];
    for (const text of texts) {
      const socket = connect(splitAddress(two.address));
      socket.on('error', () => {}).resume();
      socket.write(text);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    await greeted(two);
  });
});
