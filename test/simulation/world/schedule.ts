/** Virtual time: what is due, in order. Nothing here takes real time. */
import TinyQueue from 'tinyqueue';

interface Due {
  readonly at: number;
  readonly sequence: number;
  readonly process: Process | undefined;
  readonly life: number;
  readonly run: () => void;
}

/** What runs on a host: its events wait while it is frozen, and are gone when it dies. */
export class Process {
  readonly name: string;
  /** Counts up with each death: events of a life before are dropped. */
  life = 0;
  frozenBy = 0;
  /** When it went on last. */
  thawedAt = Number.NEGATIVE_INFINITY;
  readonly waiting: Due[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get isFrozen(): boolean {
    return this.frozenBy > 0;
  }
}

/** Milliseconds of virtual time, which no process sees: each has its host's clocks only. */
export class Schedule {
  now = 0;
  #isStopped = false;
  #sequence = 0;
  readonly #queue = new TinyQueue<Due>(
    [],
    (one, other) => one.at - other.at || one.sequence - other.sequence,
  );

  /** Events without a process are the world's own: nothing freezes or drops them. */
  after(delay: number, process: Process | undefined, run: () => void): void {
    this.#queue.push(this.#due(this.now + delay, process, run));
  }

  runUntil(end: number): void {
    while (!this.#isStopped) {
      const due = this.#queue.peek();
      if (due === undefined || due.at > end) {
        this.now = end;
        return;
      }
      this.#queue.pop();
      this.now = due.at;
      this.#runOne(due);
    }
  }

  /** Nothing more happens in this history. */
  stop(): void {
    this.#isStopped = true;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Something from outside reaches the process: now, or when it is thawed. */
  pass(process: Process, run: () => void): void {
    if (process.isFrozen) process.waiting.push(this.#due(this.now, process, run));
    else run();
  }

  kill(process: Process): void {
    process.life += 1;
    process.waiting.length = 0;
  }

  freeze(process: Process): void {
    process.frozenBy += 1;
  }

  /** What came due meanwhile happens now, in its order. */
  thaw(process: Process): void {
    if (process.frozenBy === 0) return;
    process.frozenBy -= 1;
    if (process.isFrozen) return;
    process.thawedAt = this.now;
    for (const due of process.waiting.splice(0)) {
      this.#sequence += 1;
      this.#queue.push({ ...due, at: this.now, sequence: this.#sequence });
    }
  }

  #due(at: number, process: Process | undefined, run: () => void): Due {
    this.#sequence += 1;
    return { at, sequence: this.#sequence, process, life: process === undefined ? 0 : process.life, run };
  }

  #runOne(due: Due): void {
    const { process } = due;
    if (process !== undefined) {
      if (process.life !== due.life) return;
      if (process.isFrozen) {
        process.waiting.push(due);
        return;
      }
    }
    due.run();
  }
}
