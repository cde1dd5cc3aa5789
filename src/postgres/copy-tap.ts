/**
 * Takes the CopyData messages out of what a server sends before the driver sees them, and hands their content on
 * from the very buffer into which the socket read it. The driver would copy each byte twice (docs/cloning.md has the
 * figures). All other messages go to the driver, as copies that it may keep.
 * See https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
import type { Socket } from 'node:net';
import { readInPlace } from './socket.ts';

export interface CopyTaker {
  /**
   * Takes a piece of one CopyData message, which is valid until the call, or the promise that it gave, has ended.
   * Nothing more is read from the server before that.
   */
  take(piece: Buffer, isStartOfMessage: boolean): void | Promise<void>;
  /** Nothing is read from now on, until `onResume`. */
  onPause(): void;
  onResume(): void;
  /** `take` threw. */
  fail(error: unknown): void;
}

export interface CopyTap {
  /** Whom the content goes to; undefined: to nobody. */
  taker: CopyTaker | undefined;
}

const headerBytes = 5;
const copyData = 'd'.charCodeAt(0);

/** @param stream of a client that is connected, whose `data` the driver listens to already */
export function tapCopies(stream: Socket): CopyTap {
  const tap: CopyTap = { taker: undefined };
  const driver = stream.listeners('data') as ((bytes: Buffer) => void)[];
  const header = Buffer.alloc(headerBytes);
  let headerRead = 0;
  let isStart = false;
  let contentLeft = 0;
  let waiting: Buffer | undefined;

  const toDriver = (bytes: Buffer): void => {
    for (const listener of driver) listener(Buffer.from(bytes));
  };
  const readHeader = (chunk: Buffer, offset: number): number => {
    const taken = chunk.copy(header, headerRead, offset, offset + headerBytes - headerRead);
    headerRead += taken;
    if (headerRead === headerBytes) {
      isStart = true;
      // The length counts itself, not the letter before it.
      contentLeft = header.readInt32BE(1) - 4;
      if (header[0] !== copyData) toDriver(header);
    }
    return offset + taken;
  };
  const read = (chunk: Buffer): void => {
    for (let offset = 0; offset < chunk.length; ) {
      if (headerRead < headerBytes) {
        offset = readHeader(chunk, offset);
        if (headerRead < headerBytes || (offset === chunk.length && contentLeft > 0)) return;
      }
      const piece = chunk.subarray(offset, offset + contentLeft);
      offset += piece.length;
      contentLeft -= piece.length;
      if (contentLeft === 0) headerRead = 0;
      const done = use(piece);
      if (done !== undefined) {
        wait(done, chunk.subarray(offset));
        return;
      }
    }
  };
  const use = (piece: Buffer): void | Promise<void> => {
    const isFirst = isStart;
    isStart = false;
    if (header[0] === copyData) return tap.taker?.take(piece, isFirst);
    if (piece.length > 0) toDriver(piece);
    return undefined;
  };
  const wait = (done: Promise<void>, rest: Buffer): void => {
    stream.pause();
    waiting = rest;
    tap.taker?.onPause();
    done.then(goOn, (error: unknown) => tap.taker?.fail(error));
  };
  const goOn = (): void => {
    const rest = waiting;
    waiting = undefined;
    tap.taker?.onResume();
    if (rest !== undefined) receive(rest);
    if (waiting === undefined) stream.resume();
  };
  const receive = (chunk: Buffer): void => {
    if (waiting !== undefined) {
      waiting = Buffer.concat([waiting, chunk]);
      return;
    }
    try {
      read(chunk);
    } catch (error) {
      tap.taker?.fail(error);
    }
  };

  for (const listener of driver) stream.off('data', listener);
  readInPlace(stream);
  stream.on('data', receive);
  return tap;
}
