/** `--record FILE`: writes each event of the core into a file, so that `repmgr debug replay` can show each decision. */
import { createWriteStream, renameSync, type WriteStream } from 'node:fs';
import type { Event } from '../failover/events.ts';
import type { RecordingStart } from '../failover/recording.ts';
import type { State } from '../failover/state.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { programVersion } from './program-version.ts';

/**
 * Two files are kept: FILE, and what was recorded before it as FILE.1. When FILE is full it takes the other one's place;
 * each begins with the state of its beginning.
 */
export class Recorder {
  readonly #path: string;
  readonly #log: Logger;
  #stream: WriteStream | undefined;
  #bytes = 0;
  #hasFailed = false;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  /** @param before the state that the event met */
  note(event: Event, before: State): void {
    if (this.#hasFailed) return;
    if (this.#stream === undefined || this.#bytes > limits.recordingBytes) this.#begin(before);
    this.#write(event);
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#hasFailed = true;
    await new Promise<void>((resolve) => {
      if (stream === undefined) resolve();
      else stream.end(() => resolve());
    });
  }

  #begin(state: State): void {
    this.#stream?.end();
    try {
      renameSync(this.#path, `${this.#path}.1`);
    } catch {
      // There is none yet.
    }
    this.#bytes = 0;
    this.#stream = createWriteStream(this.#path, { flags: 'w', mode: 0o600 });
    this.#stream.on('error', (error) => this.#fail(error));
    const start: RecordingStart = { kind: 'repmgrd recording', format: 1, version: programVersion, state };
    this.#write(start);
  }

  #write(line: RecordingStart | Event): void {
    const text = `${JSON.stringify(line, withoutSecrets)}\n`;
    this.#bytes += text.length;
    // A disk that takes nothing must not fill the memory.
    if ((this.#stream?.writableLength ?? 0) > limits.recordingBytes)
      this.#fail(new Error('the disk is too slow'));
    else this.#stream?.write(text);
  }

  #fail(error: Error): void {
    if (!this.#hasFailed) {
      this.#log.warning(`"${this.#path}" cannot be written: nothing more is recorded`, {
        detail: error.message,
      });
    }
    this.#hasFailed = true;
  }
}

/** To the core the setting is a text and no more. */
function withoutSecrets(key: string, value: unknown): unknown {
  return key === 'primaryConninfo' && typeof value === 'string' ? redactConninfo(value) : value;
}
