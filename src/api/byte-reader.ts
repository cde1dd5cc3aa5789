/** Reads lines and counted bytes off a socket, one after the other, as they are waited for. */
import type { Socket } from 'node:net';

const lineFeed = 0x0a;
const longestLine = 8192;

export class ByteReader {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer;

  /** @param head what came in before the socket was handed over */
  constructor(socket: Socket, head: Buffer) {
    this.#pieces = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#rest = head;
  }

  /** @throws Error, where the other side ends before the line does, or the line is too long */
  async line(maximumBytes = longestLine): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(lineFeed);
      if (end >= 0) {
        const line = this.#rest.subarray(0, end).toString('utf8');
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      if (this.#rest.length > maximumBytes) throw new Error('its answer is no answer of a repmgrd');
      this.#rest = Buffer.concat([this.#rest, await this.#next()]);
    }
  }

  /** @throws Error, where the other side ends before `length` bytes came */
  async *bytes(length: number): AsyncGenerator<Buffer> {
    let left = length;
    while (left > 0) {
      const piece = this.#rest.length > 0 ? this.#rest : await this.#next();
      const part = piece.subarray(0, left);
      this.#rest = piece.subarray(part.length);
      left -= part.length;
      if (part.length > 0) yield part;
    }
  }

  async #next(): Promise<Buffer> {
    const { done, value } = await this.#pieces.next();
    if (done === true) throw new Error('it broke off');
    return value;
  }
}
