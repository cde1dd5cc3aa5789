// What clients see of a failover: from the last acknowledged write before it to the first after it, beside a bare
// promotion (pg_promote() to the first accepted write) in the same run; how long after it the other standbys stream from
// the new primary; and acknowledged rows that are missing afterwards, with when they were acknowledged.
// Kinds: a killed postmaster (crash), a killed node (node), a node that hangs (hung), a PostgreSQL that hangs while its
// repmgrd lives (server), and a primary that is cut off (partition; root may make the networks for it).
// Usage: npm run build && node bench/failover.mjs [--rounds N] [--kinds crash,node,hung,server,partition]
//   [--leases SECONDS,SECONDS] [--quorum K] [--logs DIRECTORY]
import { cp, readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { measureBarePromotions } from './failover/bare-promotion.mjs';
import { connectTo, Writers } from './failover/writers.mjs';
import { makeNetworks } from './soak/networks.mjs';

// Node reads the file that this names at each start; it has nothing to do with what is measured here.
delete process.env['NODE_EXTRA_CA_CERTS'];
const { startSandbox } = await import('../dist/sandbox.mjs');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    kinds: { type: 'string', default: 'crash,node,hung,server' },
    leases: { type: 'string', default: '5,2' },
    quorum: { type: 'string', default: '0' },
    logs: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const stallMs = 5_000;

const bare = await measureBarePromotions(startSandbox, rounds);
console.log(`bare promotion: ${summary(bare)}; load ${loadavg()[0].toFixed(1)}`);
for (const kind of values.kinds.split(',')) {
  // How long a crash or a stall takes has nothing to do with the lease.
  const isByLease = kind !== 'crash' && kind !== 'server';
  for (const lease of isByLease ? values.leases.split(',') : values.leases.split(',').slice(0, 1)) {
    report(kind, lease, await measureFailovers(kind, lease, rounds));
  }
}

function report(kind, lease, { outages, streaming, lost }) {
  console.log(`${kind}, lease ${lease} s: ${summary(outages)}; load ${loadavg()[0].toFixed(1)}`);
  const goalMs = { crash: 8 * median(bare), server: stallMs + 1_000 }[kind] ?? Number(lease) * 1_000 + 500;
  console.log(
    `  ${(median(outages) / median(bare)).toFixed(1)} x the bare promotion; ` +
      `goal ${Math.round(goalMs)} ms: median ${metOrMissed(median(outages) <= goalMs)}, ` +
      `${outages.filter((it) => it <= goalMs).length} of ${outages.length} within it`,
  );
  console.log(
    `  standbys stream after ${summary(streaming)}; goal 1000 ms ${metOrMissed(Math.max(...streaming) <= 1_000)}`,
  );
  console.log(`  ${lost.length} acknowledged rows lost${lost.length > 0 ? `: ${whenLost(lost)}` : ''}`);
}

function metOrMissed(isMet) {
  return isMet ? 'met' : 'MISSED';
}

async function measureFailovers(kind, lease, count) {
  const networks = kind === 'partition' ? await makeNetworks(3) : undefined;
  if (kind === 'partition' && networks === undefined)
    throw new Error('no network namespaces can be made here');
  const sandbox = await startSandbox({
    nodes: 3,
    networks: networks?.nodes,
    repmgrConf: {
      failover: 'automatic',
      failover_limit: '0',
      primary_lease_secs: lease,
      rejoin: 'automatic',
      log_level: 'INFO',
      write_stall_secs: String(stallMs / 1_000),
      ...(values.quorum === '0' ? {} : { synchronous_quorum: values.quorum }),
    },
  });
  const writers = new Writers();
  try {
    await Promise.all(sandbox.nodes.map(({ id }) => sandbox.startRepmgrd(id)));
    await writers.start(sandbox, await stableLeader(sandbox));
    const failovers = [];
    for (let round = 0; round < count; round += 1) {
      const leader = await stableLeader(sandbox);
      await sleep(1_500);
      const failover = await failOver(sandbox, networks, kind, leader, writers);
      failover.endedAt = await bringBack(sandbox, networks, kind, leader);
      failovers.push(failover);
    }
    const last = await stableLeader(sandbox);
    await writers.stop();
    const lost = await writers.lostOn(sandbox, last);
    return {
      outages: failovers.map(({ outageMs }) => outageMs),
      streaming: failovers.map(({ streamingMs }) => streamingMs),
      lost: lost.map((row) => ({
        ...row,
        failover: failovers.findLast(({ begunAt }) => begunAt < row.at + 500),
      })),
    };
  } finally {
    await writers.stop();
    if (values.logs !== undefined) await keepLogs(sandbox, `${kind}-${lease}`);
    await sandbox.destroy();
    await networks?.remove();
  }
}

async function failOver(sandbox, networks, kind, leader, { rows }) {
  const begunAt = performance.now();
  if (kind === 'node') await sandbox.kill(leader);
  else if (kind === 'hung') await sandbox.freeze(leader);
  else if (kind === 'server') await sandbox.freeze(leader, 'server');
  else if (kind === 'partition') await networks.cutOff(leader);
  else process.kill(await postmasterOf(sandbox, leader), 'SIGKILL');
  const faultAt = performance.now();
  const first = await waitFor(() => rows.find((row) => row.at > begunAt && row.node !== leader));
  const before = rows.findLast((row) => row.node === leader && row.at < first.at);
  const living = sandbox.nodes.length - 2;
  const streamingMs = (await streamingAt(sandbox.node(first.node), living)) - first.at;
  return { begunAt, faultAt, outageMs: first.at - before.at, streamingMs: Math.max(0, streamingMs) };
}

/** When so many standbys stream from a node. */
async function streamingAt(node, count) {
  const client = await connectTo(node);
  const sql = "SELECT count(*)::integer AS count FROM pg_stat_replication WHERE state = 'streaming'";
  try {
    return await waitFor(async () => {
      const { rows } = await client.query(sql);
      return rows[0].count >= count ? performance.now() : undefined;
    });
  } finally {
    await client.end();
  }
}

/** @returns when the node could do something again */
async function bringBack(sandbox, networks, kind, id) {
  if (kind === 'hung' || kind === 'partition') await sleep(1_000);
  const endedAt = performance.now();
  if (kind === 'hung') await sandbox.thaw(id);
  if (kind === 'partition') await networks.heal();
  if (kind === 'node') {
    await sandbox.start(id);
    await sandbox.startRepmgrd(id);
  }
  return endedAt;
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

async function viewOf({ host, apiPort }) {
  const signal = AbortSignal.timeout(1_000);
  const response = await fetch(`http://${host}:${apiPort}/cluster`, { signal }).catch(() => undefined);
  return await response?.json();
}

async function keepLogs(sandbox, name) {
  for (const { id, logFile, repmgrdLogFile } of sandbox.nodes) {
    await cp(logFile, join(values.logs, `${name}-node${id}.log`));
    await cp(repmgrdLogFile, join(values.logs, `${name}-node${id}.repmgrd.log`));
  }
}

async function waitFor(look, deadlineMs = 60_000) {
  const begun = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() - begun > deadlineMs) throw new Error('it does not come about');
    await sleep(5);
  }
}

/** Rows of each round, by when they were acknowledged: relative to the fault, and to its end. */
function whenLost(lost) {
  return [...new Set(lost.map(({ failover }) => failover))]
    .map((failover) => {
      const rows = lost.filter((row) => row.failover === failover);
      const during = rows.filter(({ at }) => at < failover.endedAt).map(({ at }) => at - failover.faultAt);
      const after = rows.filter(({ at }) => at >= failover.endedAt).map(({ at }) => at - failover.endedAt);
      return [spanOf(during, 'of the fault'), spanOf(after, 'of its end')].filter(Boolean).join(' and ');
    })
    .join('; ');
}

function spanOf(times, what) {
  if (times.length === 0) return '';
  return `${times.length} from ${Math.round(Math.min(...times))} to ${Math.round(Math.max(...times))} ms ${what}`;
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
