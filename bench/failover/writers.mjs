// A client on each node that writes all the while, and notes what was acknowledged, when and where.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

export class Writers {
  rows = [];
  #isOver = false;
  #nextId = 1;
  #writers = [];

  async start(sandbox, primary) {
    await sandbox.query(primary, 'CREATE TABLE ledger (id bigint PRIMARY KEY)');
    this.#writers = sandbox.nodes.map((node) => this.#write(node));
  }

  async stop() {
    this.#isOver = true;
    await Promise.all(this.#writers);
  }

  async lostOn(sandbox, primary) {
    const found = new Set(
      (await sandbox.query(primary, 'SELECT id::integer FROM ledger')).map(({ id }) => id),
    );
    return this.rows.filter(({ id }) => !found.has(id));
  }

  async #write(node) {
    let client;
    while (!this.#isOver) {
      try {
        client ??= await connectTo(node);
        const id = this.#nextId++;
        await client.query('INSERT INTO ledger VALUES ($1)', [id]);
        this.rows.push({ id, node: node.id, at: performance.now() });
        await sleep(1);
      } catch (error) {
        if (!/read-only transaction/.test(error.message)) {
          client?.end().catch(() => undefined);
          client = undefined;
        }
        await sleep(3);
      }
    }
    await client?.end().catch(() => undefined);
  }
}

export async function connectTo({ host, port }) {
  const client = new pg.Client({
    host,
    port,
    user: 'repmgr',
    database: 'repmgr',
    connectionTimeoutMillis: 1_000,
    query_timeout: 2_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
