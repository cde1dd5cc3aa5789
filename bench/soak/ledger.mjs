// A client on each node that writes all the while, and keeps book of what was acknowledged when and where.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const pauseMs = 5;
const retryMs = 10;
const answerMs = 2_000;
/** A machine that wakes up may acknowledge for so long before anything of repmgr runs. */
const wakingMs = 100;

export class Ledger {
  #rows = [];
  #all = [];
  #nextId = 1;
  #isOver = false;
  #writers = [];
  #sandbox;

  async start(sandbox, primary) {
    this.#sandbox = sandbox;
    await sandbox.query(primary, 'CREATE TABLE ledger (id bigint PRIMARY KEY, node integer NOT NULL)');
    this.#writers = sandbox.nodes.map((node) => this.#write(node));
  }

  async stop() {
    this.#isOver = true;
    await Promise.all(this.#writers);
  }

  /** Begins a new round. */
  forget() {
    this.#rows = [];
  }

  /**
   * Of this round: the longest time between two acknowledgements that ended after `faultAt`, the rows that the primary
   * does not have, and whether another node wrote after it had taken over (but for the moment in which a machine wakes).
   */
  async account(primary, faultAt) {
    const rows = this.#rows.toSorted((a, b) => a.at - b.at);
    const first = rows.reduce((least, { id }) => Math.min(least, id), Number.MAX_SAFE_INTEGER);
    const found = await this.#sandbox.query(primary, 'SELECT id::integer FROM ledger WHERE id >= $1', [
      first,
    ]);
    const ids = new Set(found.map(({ id }) => id));
    const lost = rows.filter(({ id }) => !ids.has(id));
    let outageMs = 0;
    for (const [index, { at }] of rows.entries()) {
      const before = rows[index - 1];
      if (before !== undefined && at > faultAt) outageMs = Math.max(outageMs, at - before.at);
    }
    const takenOverAt = rows.find(({ node }) => node === primary)?.at ?? Number.POSITIVE_INFINITY;
    const late = rows.filter(({ node, at }) => node !== primary && at > takenOverAt).map(({ at }) => at);
    const backwards = late.length > 0 && Math.max(...late) - Math.min(...late) > wakingMs;
    return { outageMs, rows: rows.length, lost, backwards };
  }

  /** @returns how many rows were acknowledged since the start, and those that the primary does not have */
  async accountForAll(primary) {
    const rows = [...this.#all];
    const found = await this.#sandbox.query(primary, 'SELECT id::integer FROM ledger');
    const ids = new Set(found.map(({ id }) => id));
    return { total: rows.length, missing: rows.filter(({ id }) => !ids.has(id)) };
  }

  async #write(node) {
    let client;
    while (!this.#isOver) {
      try {
        client ??= await connectTo(node);
        const id = this.#nextId++;
        await client.query('INSERT INTO ledger VALUES ($1, $2)', [id, node.id]);
        const row = { id, node: node.id, at: performance.now() };
        this.#rows.push(row);
        this.#all.push(row);
        await sleep(pauseMs);
      } catch (error) {
        if (!/read-only transaction/.test(error.message)) {
          client?.end().catch(() => undefined);
          client = undefined;
        }
        await sleep(retryMs);
      }
    }
    await client?.end().catch(() => undefined);
  }
}

async function connectTo({ host, port }) {
  const client = new pg.Client({
    host,
    port,
    user: 'repmgr',
    database: 'repmgr',
    application_name: 'soak',
    connectionTimeoutMillis: 1_000,
    query_timeout: answerMs,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
