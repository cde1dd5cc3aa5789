import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CopyTap, tapCopies } from '../../src/postgres/copy-tap.ts';

interface Message {
  readonly letter: string;
  readonly content: Uint8Array;
}

const messages: fc.Arbitrary<Message[]> = fc.array(
  fc.record({
    letter: fc.constantFrom('d', 'd', 'd', 'C', 'Z', 'T'),
    content: fc.uint8Array({ maxLength: 40 }),
  }),
  { maxLength: 12 },
);

describe('a tap for copies', () => {
  it('gives the content of each CopyData message in order, and the rest to the driver, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        messages,
        fc.array(fc.integer({ min: 1, max: 30 })),
        fc.boolean(),
        async (sent, cuts, isSlow) => {
          const stream = new PretendedStream();
          const driver: Buffer[] = [];
          stream.on('data', (bytes: Buffer) => driver.push(bytes));
          const tap = tapCopies(stream as unknown as Socket);
          const copies = collect(tap, isSlow);
          await stream.sendInPieces(Buffer.concat(sent.map(asBytes)), cuts);
          expect(copies.map((copy) => copy.toString('hex'))).toEqual(
            sent
              .filter(({ letter }) => letter === 'd')
              .map(({ content }) => Buffer.from(content).toString('hex')),
          );
          expect(Buffer.concat(driver)).toEqual(
            Buffer.concat(sent.filter(({ letter }) => letter !== 'd').map(asBytes)),
          );
        },
      ),
    );
  });

  it('reads nothing while a piece is used, and tells who takes it of an error in what comes later', async () => {
    const stream = new PretendedStream();
    stream.on('data', () => undefined);
    const tap = tapCopies(stream as unknown as Socket);
    let finish = (): void => {};
    const events: string[] = [];
    let calls = 0;
    tap.taker = {
      take: () => {
        calls += 1;
        events.push(`take ${calls}`);
        if (calls === 2) throw new Error('disk full');
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
      onPause: () => events.push('pause'),
      onResume: () => events.push('resume'),
      fail: (error) => events.push(String(error)),
    };
    const message = asBytes({ letter: 'd', content: Buffer.from('abc') });
    stream.emit('data', Buffer.concat([message, message]));
    expect(events).toEqual(['take 1', 'pause']);
    expect(stream.isPaused).toBe(true);
    finish();
    await new Promise(setImmediate);
    expect(events).toEqual(['take 1', 'pause', 'resume', 'take 2', 'Error: disk full']);
  });
});

/** What a socket is to the tap; pieces are overwritten after each call, as those of a buffer that is used again. */
class PretendedStream extends EventEmitter {
  isPaused = false;

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  async sendInPieces(bytes: Buffer, cuts: readonly number[]): Promise<void> {
    let start = 0;
    for (let index = 0; start < bytes.length; index += 1) {
      const piece = Buffer.from(bytes.subarray(start, start + (cuts[index % cuts.length] ?? bytes.length)));
      start += piece.length;
      this.emit('data', piece);
      while (this.isPaused) await new Promise(setImmediate);
      piece.fill(0xff);
    }
  }
}

function collect(tap: CopyTap, isSlow: boolean): Buffer[] {
  const copies: Buffer[] = [];
  tap.taker = {
    take: (piece, isStartOfMessage) => {
      const before = isStartOfMessage ? Buffer.alloc(0) : copies.pop();
      copies.push(Buffer.concat([before ?? Buffer.alloc(0), piece]));
      return isSlow ? new Promise((resolve) => setImmediate(resolve)) : undefined;
    },
    onPause: () => undefined,
    onResume: () => undefined,
    fail: (error) => {
      throw error;
    },
  };
  return copies;
}

function asBytes({ letter, content }: Message): Buffer {
  const header = Buffer.alloc(5);
  header.write(letter, 0, 'latin1');
  header.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([header, content]);
}
