/**
 * The last decisions of this node, kept over a restart of repmgrd. Written a while after each, as a whole and without
 * waiting for the disk: a failover comes first, and what it decided may be lost with the host.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import type { DecisionView } from '../../api/view.ts';
import type { Decision } from '../../failover/explanation.ts';
import { limits } from '../../limits.ts';
import type { NodeId } from '../../model/node.ts';
import { replaceFile } from '../../system/durable-file.ts';

const decisions = v.array(
  v.object({
    at: v.number(),
    node: v.number(),
    term: v.number(),
    rule: v.number(),
    decision: v.string(),
    sentence: v.string(),
    evidence: v.record(
      v.string(),
      v.union([v.string(), v.number(), v.boolean(), v.null(), v.array(v.number())]),
    ),
  }),
);

export class DecisionFile {
  readonly #path: string;
  /** Told once each time that writing begins to fail. */
  readonly #onFailure: (reason: string) => void;
  #hasFailed = false;
  #timer: NodeJS.Timeout | undefined;
  #pending: (() => readonly DecisionView[]) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, onFailure: (reason: string) => void) {
    this.#path = path;
    this.#onFailure = onFailure;
  }

  /** What is not there, or not to be understood, is nothing. */
  async read(): Promise<readonly DecisionView[]> {
    try {
      const { success, output } = v.safeParse(decisions, JSON.parse(await readFile(this.#path, 'utf8')));
      if (!success) return [];
      return output.map((it) => ({ ...it, node: it.node as NodeId, decision: it.decision as Decision }));
    } catch {
      return [];
    }
  }

  /** @param current asked when it is written */
  keep(current: () => readonly DecisionView[]): void {
    this.#pending = current;
    this.#timer ??= setTimeout(() => this.#write(), limits.decisionsWrittenMs);
  }

  /** Writes what was not written yet, unless the disk hangs. */
  async close(): Promise<void> {
    if (this.#timer !== undefined) this.#write();
    await Promise.race([this.#writing, pause(limits.decisionsWrittenMs, undefined, { ref: false })]);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // One at a time: on a disk that hangs nothing piles up.
    this.#writing = this.#writing.then(async () => {
      const current = this.#pending?.();
      this.#pending = undefined;
      if (current === undefined) return;
      try {
        await replaceFile(this.#path, `${JSON.stringify(current)}\n`, { mode: 0o600 });
        this.#hasFailed = false;
      } catch (error) {
        if (!this.#hasFailed) this.#onFailure(error instanceof Error ? error.message : String(error));
        this.#hasFailed = true;
      }
    });
  }
}
