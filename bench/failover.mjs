// What clients see of a failover: from the last acknowledged write before it to the first after it, for a killed
// postmaster, a killed node and a node that hangs; acknowledged rows that are missing afterwards; and the ratio to a bare
// promotion (pg_promote() to the first accepted write) in the same run.
// Usage: npm run build && node bench/failover.mjs [--rounds N] [--kinds crash,node,hung] [--lease SECONDS]
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

// Node reads the file that this names at each start; it has nothing to do with what is measured here.
delete process.env['NODE_EXTRA_CA_CERTS'];
const { startSandbox } = await import('../dist/sandbox.mjs');
const { default: pg } = await import('pg');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    kinds: { type: 'string', default: 'crash,node,hung' },
    lease: { type: 'string', default: '5' },
  },
});
const rounds = Number(values.rounds);

const bare = await measureBarePromotions(rounds);
console.log(`bare promotion: ${summary(bare)}`);
for (const kind of values.kinds.split(',')) {
  const { outages, lost } = await measureFailovers(kind, rounds);
  const ratio = (median(outages) / median(bare)).toFixed(1);
  console.log(`${kind}: ${summary(outages)}, ${ratio} x the bare promotion, ${lost} acknowledged rows lost`);
}

/** One server is made a standby and promoted again and again. */
async function measureBarePromotions(count) {
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

async function measureFailovers(kind, count) {
  const sandbox = await startSandbox({
    nodes: 3,
    repmgrConf: {
      failover: 'automatic',
      failover_limit: '0',
      primary_lease_secs: values.lease,
      rejoin: 'automatic',
      log_level: 'INFO',
    },
  });
  const book = { rows: [], isOver: false, nextId: 1 };
  try {
    await Promise.all(sandbox.nodes.map(({ id }) => sandbox.startRepmgrd(id)));
    const first = await stableLeader(sandbox);
    await sandbox.query(first, 'CREATE TABLE ledger (id bigint PRIMARY KEY)');
    const writers = sandbox.nodes.map((node) => write(node, book));
    const outages = [];
    for (let round = 0; round < count; round += 1) {
      const leader = await stableLeader(sandbox);
      await sleep(1_500);
      outages.push(await failOver(sandbox, kind, leader, book));
      await bringBack(sandbox, kind, leader);
    }
    const last = await stableLeader(sandbox);
    book.isOver = true;
    await Promise.all(writers);
    const found = new Set((await sandbox.query(last, 'SELECT id::integer FROM ledger')).map(({ id }) => id));
    return { outages, lost: book.rows.filter(({ id }) => !found.has(id)).length };
  } finally {
    book.isOver = true;
    await sandbox.destroy();
  }
}

async function failOver(sandbox, kind, leader, { rows }) {
  const begun = performance.now();
  if (kind === 'node') await sandbox.kill(leader);
  else if (kind === 'hung') await sandbox.freeze(leader);
  else process.kill(await postmasterOf(sandbox, leader), 'SIGKILL');
  const first = await waitFor(() => rows.find((row) => row.at > begun && row.node !== leader));
  const before = rows.findLast((row) => row.node === leader && row.at < first.at);
  return first.at - before.at;
}

async function bringBack(sandbox, kind, id) {
  if (kind === 'crash') return;
  if (kind === 'hung') {
    await sleep(1_000);
    await sandbox.thaw(id);
    return;
  }
  await sandbox.start(id);
  await sandbox.startRepmgrd(id);
}

async function postmasterOf(sandbox, id) {
  const text = await readFile(join(sandbox.node(id).dataDirectory, 'postmaster.pid'), 'utf8');
  return Number.parseInt(text, 10);
}

/** The node that leads, once all others stream from it. */
async function stableLeader(sandbox) {
  return await waitFor(async () => {
    const views = await Promise.all(sandbox.nodes.map(viewOf));
    const leader = views.find((view) => view?.leadership.stage === 'serving')?.node;
    const status = await sandbox.status();
    const followers = status.filter(({ upstreamNodeId }) => upstreamNodeId === leader);
    return leader !== undefined && followers.length === sandbox.nodes.length - 1 ? leader : undefined;
  }, 120_000);
}

async function viewOf({ apiPort }) {
  const signal = AbortSignal.timeout(1_000);
  const response = await fetch(`http://127.0.0.1:${apiPort}/cluster`, { signal }).catch(() => undefined);
  return await response?.json();
}

async function write(node, book) {
  let client;
  while (!book.isOver) {
    try {
      client ??= await connectTo(node);
      const id = book.nextId++;
      await client.query('INSERT INTO ledger VALUES ($1)', [id]);
      book.rows.push({ id, node: node.id, at: performance.now() });
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

async function connectTo({ host, port }) {
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

async function waitFor(look, deadlineMs = 60_000) {
  const begun = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() - begun > deadlineMs) throw new Error('it does not come about');
    await sleep(10);
  }
}

function summary(times) {
  const inMs = (value) => `${Math.round(value)} ms`;
  return `${times.length} runs, median ${inMs(median(times))}, from ${inMs(Math.min(...times))} to ${inMs(Math.max(...times))}`;
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
