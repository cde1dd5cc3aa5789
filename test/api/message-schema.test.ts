import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../../src/api/message-schema.ts';
import type { Message } from '../../src/failover/messages.ts';
import { limits } from '../../src/limits.ts';
import { anyMessage, anyRequest } from '../failover/support/events.ts';
import { Stage } from '../failover/support/stage.ts';

/** As it arrives at another node. */
function passOn(message: unknown) {
  return readMessage(JSON.parse(JSON.stringify(message)));
}

/** A cluster that goes through whatever makes its nodes talk. */
function eventfulStage(): Stage {
  const stage = new Stage(3, { settings: { voterRemovalMs: 20_000 } });
  stage.run(1_000);
  stage.request(2, { kind: 'pause', lengthMs: 3_000, reason: 'new cables' });
  stage.run(5_000);
  stage.crash(1, 500);
  stage.run(5_000);
  stage.cut(2);
  stage.run(20_000);
  stage.cut();
  stage.run(20_000);
  stage.kill(3);
  stage.run(60_000);
  stage.start(3);
  stage.run(30_000);
  return stage;
}

describe('a message between repmgrds', () => {
  it('arrives as it was sent, whatever a cluster went through', () => {
    const { said } = eventfulStage();
    expect(new Set(said.map(({ kind }) => kind)).size).toBeGreaterThan(8);
    for (const message of said) expect(passOn(message)).toEqual({ kind: 'message', message });
  });

  it('arrives as it was sent, whatever it says', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const isKnown = !['unheard of', 'ping'].includes(message.kind);
        const { kind: name } = message;
        expect(passOn(message)).toEqual(isKnown ? { kind: 'message', message } : { kind: 'unknown', name });
      }),
    );
  });

  it("brings an operator's request to the leader, and the answer back", () => {
    fc.assert(
      fc.property(anyRequest, fc.string(), fc.boolean(), (request, requestId, isAccepted) => {
        const messages: readonly Message[] = [
          { kind: 'forwardedRequest', requestId, request },
          { kind: 'requestAnswer', requestId, isAccepted, sentence: 'any' },
        ];
        for (const message of messages) expect(passOn(message)).toEqual({ kind: 'message', message });
      }),
    );
  });

  it('fits into the bytes that one may have, in a cluster of nine', () => {
    const stage = new Stage(9);
    stage.run(5_000);
    stage.crash(1);
    stage.run(10_000);
    const longest = Math.max(...stage.said.map((message) => JSON.stringify(message).length));
    expect(longest).toBeLessThan(limits.peerMessageBytes / 8);
  });

  it('is not believed where anything is missing or of another kind', () => {
    const { said } = eventfulStage();
    const oneOfEach = new Map(said.map((message) => [message.kind, message]));
    for (const message of oneOfEach.values()) {
      for (const key of Object.keys(message)) {
        const { [key as keyof Message]: value, ...rest } = message;
        expect(readMessage(rest), `${message.kind} without ${key}`).toMatchObject({ kind: 'malformed' });
        const other = typeof value === 'string' ? 1 : 'other';
        expect(
          readMessage({ ...rest, [key]: other }),
          `${message.kind} with another ${key}`,
        ).not.toMatchObject({
          kind: 'message',
        });
      }
    }
  });

  it('is not believed where a number is none that it can be', () => {
    const heartbeat = eventfulStage().said.find(({ kind }) => kind === 'heartbeat');
    for (const term of [-1, 1.5, 1e300, Number.NaN]) {
      expect(readMessage({ ...heartbeat, term }), String(term)).toMatchObject({ kind: 'malformed' });
    }
    for (const nonsense of [null, undefined, 1, 'heartbeat', [], {}, { kind: 1 }, { kind: 'toString' }]) {
      expect(readMessage(nonsense)).not.toMatchObject({ kind: 'message' });
    }
  });

  it('of the next version is read without what that added, and passed over where all of it is new', () => {
    const heartbeat = eventfulStage().said.find(({ kind }) => kind === 'heartbeat');
    expect(passOn({ ...heartbeat, mood: 'good' })).toEqual({ kind: 'message', message: heartbeat });
    expect(passOn({ kind: 'gossip' })).toEqual({ kind: 'unknown', name: 'gossip' });
  });

  it('of version 1 is still read, as it was written down then', () => {
    const page = readFileSync(new URL('messages-of-version-1.jsonl', import.meta.url), 'utf8');
    const texts = page.trim().split('\n');
    expect(texts.length).toBeGreaterThan(10);
    for (const text of texts) {
      expect(readMessage(JSON.parse(text)), text).toEqual({ kind: 'message', message: JSON.parse(text) });
    }
  });
});
