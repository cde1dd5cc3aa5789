/** Cuts what a socket brings into lines, as both ends of a connection between repmgrds read it. */

const lineFeed = 0x0a;

export interface LineReaderOptions {
  /** A longer line is no message of ours. */
  readonly maximumBytes: number;
  readonly onLine: (line: string) => void;
  /** Nothing is read after it. */
  readonly onTooLong: () => void;
}

/** Takes the pieces in which data arrive; once `stop` was called the rest of a piece is handed back to nobody. */
export class LineReader {
  readonly #options: LineReaderOptions;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #isStopped = false;

  constructor(options: LineReaderOptions) {
    this.#options = options;
  }

  push(piece: Buffer): void {
    let from = 0;
    while (!this.#isStopped) {
      const end = piece.indexOf(lineFeed, from);
      const part = piece.subarray(from, end < 0 ? piece.length : end);
      this.#pendingBytes += part.length;
      if (this.#pendingBytes > this.#options.maximumBytes) {
        this.stop();
        this.#options.onTooLong();
        return;
      }
      this.#pending.push(part);
      if (end < 0) return;
      from = end + 1;
      this.#options.onLine(this.#take());
    }
  }

  /** Whatever comes after the last line, and all that is pushed later, is dropped. */
  stop(): void {
    this.#isStopped = true;
    this.#take();
  }

  #take(): string {
    const [first] = this.#pending;
    const line = this.#pending.length === 1 && first !== undefined ? first : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    return line.toString('utf8');
  }
}
