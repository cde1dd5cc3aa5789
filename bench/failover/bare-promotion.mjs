// What PostgreSQL itself needs: from pg_promote() to the first accepted write, milliseconds.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectTo } from './writers.mjs';

/** One server is made a standby and promoted again and again. */
export async function measureBarePromotions(startSandbox, count) {
  const sandbox = await startSandbox({ nodes: 1, build: 'primary' });
  try {
    const [node] = sandbox.nodes;
    await sandbox.query(1, 'CREATE TABLE written (at timestamptz)');
    const times = [];
    for (let round = 0; round < count; round += 1) {
      await sandbox.stop(1);
      await sandbox.run('touch', [join(node.dataDirectory, 'standby.signal')]);
      await sandbox.start(1);
      const client = await connectTo(node);
      const begun = performance.now();
      await client.query('SELECT pg_promote(false)');
      while (!(await accepts(client))) await sleep(1);
      times.push(performance.now() - begun);
      await client.end();
    }
    return times;
  } finally {
    await sandbox.destroy();
  }
}

async function accepts(client) {
  try {
    await client.query('INSERT INTO written VALUES (now())');
    return true;
  } catch {
    return false;
  }
}
