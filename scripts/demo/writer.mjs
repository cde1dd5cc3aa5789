// An application that writes one row after the other, and remembers which ones PostgreSQL acknowledged.
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

const betweenTriesMs = 20;
const answerMs = 1_000;

/**
 * Writes into the table ledger of whichever node accepts writes. A row that was not acknowledged is written again after
 * a reconnect, with the same number: it may have arrived all the same.
 */
export function startWriter(nodes) {
  const acknowledged = [];
  const acknowledgedAtMs = [];
  let isStopped = false;
  let client;

  const work = (async () => {
    for (let number = 1; !isStopped; ) {
      try {
        client ??= await connectToPrimary(nodes);
        await client.query('INSERT INTO ledger VALUES ($1) ON CONFLICT DO NOTHING', [number]);
        acknowledged.push(number);
        acknowledgedAtMs.push(performance.now());
        number += 1;
      } catch {
        void client?.end().catch(() => {});
        client = undefined;
        await pause(betweenTriesMs);
      }
    }
  })();

  return {
    acknowledged,
    /** The longest time between two acknowledgements, in milliseconds. */
    longestSilenceMs() {
      const pauses = acknowledgedAtMs.slice(1).map((ms, index) => ms - acknowledgedAtMs[index]);
      return Math.max(0, ...pauses);
    },
    async stop() {
      isStopped = true;
      // An INSERT may wait for a standby that never comes: the connection goes first.
      client?.connection.stream.destroy();
      await work;
    },
  };
}

async function connectToPrimary(nodes) {
  for (const { host, port } of nodes) {
    const client = new pg.Client({
      host,
      port,
      user: 'repmgr',
      database: 'repmgr',
      ssl: false,
      connectionTimeoutMillis: answerMs,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query('SELECT pg_is_in_recovery() AS is_standby');
      if (!rows[0].is_standby) return client;
    } catch {
      // The next one may answer.
    }
    void client.end().catch(() => {});
  }
  throw new Error('no node accepts writes');
}
