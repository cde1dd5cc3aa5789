/**
 * Clients that write all the while, one on each node of a sandbox, and keep book of what was acknowledged, when and
 * where: every such row must be found on the last primary, and no two nodes may take writes at the same time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox, SandboxNode } from '../../src/sandbox/index.ts';
import { type Connection, connect } from '../../src/postgres/connection.ts';
import { monotonicMs, waitUntil } from '../../src/system/clock.ts';

export interface Acknowledged {
  readonly id: number;
  readonly node: number;
  readonly sentAt: number;
  readonly acknowledgedAt: number;
}

/** Between two tries on a node that does not take writes. */
const retryMs = 5;
const answerMs = 2_000;

export class Ledger {
  readonly #sandbox: Sandbox;
  readonly #rows: Acknowledged[] = [];
  readonly #pauseMs: number;
  #isOver = false;
  #nextId = 1;
  #writers: Promise<unknown> = Promise.resolve();

  /** @param pauseMs between two rows of one client */
  constructor(sandbox: Sandbox, pauseMs = 2) {
    this.#sandbox = sandbox;
    this.#pauseMs = pauseMs;
  }

  /** Makes the table on the primary, and begins to write. */
  async start(primary: number): Promise<void> {
    await this.#sandbox.query(primary, 'CREATE TABLE ledger (id bigint PRIMARY KEY, node integer NOT NULL)');
    this.#writers = Promise.all(this.#sandbox.nodes.map(async (node) => await this.#write(node)));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#writers;
  }

  get rows(): readonly Acknowledged[] {
    return this.#rows;
  }

  /** Waits until the node has acknowledged so many rows from now on. */
  async written(node: number, count: number, deadlineMs = 20_000): Promise<void> {
    const rowsOf = () => this.#rows.filter((row) => row.node === node).length;
    const before = rowsOf();
    const found = await waitUntil(async () => (rowsOf() >= before + count ? true : undefined), {
      deadlineMs,
      intervalMs: 10,
    });
    if (found === undefined) throw new Error(`node ${node} takes no writes`);
  }

  /** From the last acknowledgement before `momentMs` to the first after it: what clients saw of a failover. */
  outageMs(momentMs: number): number {
    const times = this.#rows.map(({ acknowledgedAt }) => acknowledgedAt).toSorted((a, b) => a - b);
    let longest = 0;
    for (const [index, at] of times.entries()) {
      const before = times[index - 1];
      if (before !== undefined && at > momentMs) longest = Math.max(longest, at - before);
    }
    return longest;
  }

  /** Acknowledged rows that this node does not have. */
  async missingOn(node: number): Promise<readonly number[]> {
    const acknowledged = this.#rows.map(({ id }) => id);
    const found = await this.#sandbox.query<{ id: string }>(node, 'SELECT id::text FROM ledger');
    const ids = new Set(found.map(({ id }) => Number(id)));
    return acknowledged.filter((id) => !ids.has(id));
  }

  /** Nodes in the order in which they took writes, each time anew: 1, 2 is one failover; 1, 2, 1 would be none. */
  get turns(): readonly number[] {
    const byTime = this.#rows.toSorted((a, b) => a.acknowledgedAt - b.acknowledgedAt);
    const turns: number[] = [];
    for (const { node } of byTime) if (turns.at(-1) !== node) turns.push(node);
    return turns;
  }

  async #write(node: SandboxNode): Promise<void> {
    const conninfo = `host=${node.host} port=${node.port} user=repmgr dbname=repmgr sslmode=disable`;
    let connection: Connection | undefined;
    while (!this.#isOver) {
      try {
        connection ??= await openAsClient(conninfo);
        const id = this.#nextId;
        this.#nextId += 1;
        const sentAt = monotonicMs();
        await connection.query('INSERT INTO ledger VALUES ($1, $2)', [id, node.id], { deadlineMs: answerMs });
        this.#rows.push({ id, node: node.id, sentAt, acknowledgedAt: monotonicMs() });
        await sleep(this.#pauseMs);
      } catch (error) {
        if (!isReadOnly(error)) {
          await connection?.close();
          connection = undefined;
        }
        await sleep(retryMs);
      }
    }
    await connection?.close();
  }
}

/** Our own sessions commit locally; a client waits for whatever holds commits. */
async function openAsClient(conninfo: string): Promise<Connection> {
  const connection = await connect(conninfo, { deadlineMs: answerMs });
  await connection.query('SET synchronous_commit TO on');
  return connection;
}

function isReadOnly(error: unknown): boolean {
  return (
    error instanceof Error &&
    'detail' in error &&
    /read-only transaction/.test(`${error.message} ${String(error.detail)}`)
  );
}
