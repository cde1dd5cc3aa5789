/** The story of one history, a line for each thing that happened; its hash tells whether two were the same. */
import { createHash } from 'node:crypto';

export class Trace {
  readonly #lines: string[] = [];

  tell(atMs: number, who: string, text: string): void {
    this.#lines.push(`${(atMs / 1000).toFixed(3).padStart(9)}  ${who.padEnd(8)} ${text}`);
  }

  get text(): string {
    return this.#lines.join('\n');
  }

  get hash(): string {
    return createHash('sha256').update(this.text).digest('hex');
  }
}
