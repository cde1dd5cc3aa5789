// A cluster of three nodes under a load of writes for half an hour, with a failover each minute: by turns the postmaster
// of the primary is killed, its whole node hangs for 20 s, its network is cut (where root may make networks), and its
// whole node is killed. Each minute prints, for each repmgrd, resident memory, JavaScript heap without code after the last
// full collection and open descriptors; client connections of each server other than the load's; the longest time without an
// acknowledged write; and the rows that were acknowledged in that minute and are gone, with when they were acknowledged
// relative to the fault. At the end: the trend of each figure within the life of one process (or node), and totals.
// Not part of any test run. It exits with 1 where a killed postmaster lost a row or the old primary wrote beside the new.
// Usage: npm run build && node bench/soak.mjs [--minutes 30] [--every SECONDS] [--kinds crash,hung,cut,node]
//   [--lease SECONDS] [--postgres VERSION] [--logs DIRECTORY]
import { cp, readdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { figuresOf, heapReporter, trend } from './soak/figures.mjs';
import { Ledger } from './soak/ledger.mjs';
import { makeNetworks } from './soak/networks.mjs';

// Node reads the file that this names at each start; it has nothing to do with what is measured here.
delete process.env['NODE_EXTRA_CA_CERTS'];
const { startSandbox } = await import('../dist/sandbox.mjs');

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    every: { type: 'string', default: '60' },
    kinds: { type: 'string', default: 'crash,hung,cut,node' },
    lease: { type: 'string', default: '5' },
    postgres: { type: 'string' },
    logs: { type: 'string' },
  },
});
const minuteMs = 60_000;
const roundMs = Number(values.every) * 1000;
const hangMs = 20_000;
const cutMs = 15_000;
/** A process fills its caches first. */
const warmUpMinutes = 3;

const postmasterPid = `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::integer AS pid`;

const networks = await makeNetworks(3);
const kinds = values.kinds.split(',').filter((kind) => kind !== 'cut' || networks !== undefined);
let sandbox;
const ledger = new Ledger();
const rounds = [];
const begun = performance.now();
try {
  sandbox = await startSandbox({
    nodes: 3,
    ...(values.postgres === undefined ? {} : { postgresVersion: values.postgres }),
    ...(networks === undefined ? {} : { networks: networks.nodes }),
    repmgrConf: {
      failover: 'automatic',
      failover_limit: '0',
      primary_lease_secs: values.lease,
      rejoin: 'automatic',
      log_level: 'INFO',
    },
  });
  await writeFile(join(sandbox.directory, 'heap.cjs'), heapReporter, { mode: 0o644 });
  await Promise.all(sandbox.nodes.map(({ id }) => startRepmgrd(id)));
  await ledger.start(sandbox, await stableLeader());
  const endsAt = performance.now() + Number(values.minutes) * minuteMs;
  while (performance.now() < endsAt) await playRound(kinds[rounds.length % kinds.length]);
  await conclude();
} finally {
  await ledger.stop();
  if (values.logs !== undefined && sandbox !== undefined) await keepLogs(values.logs);
  await sandbox?.destroy();
  await networks?.remove();
}

/** One fault; what its figures are before the next one. */
async function playRound(kind) {
  const nextAt = performance.now() + roundMs;
  const former = await stableLeader();
  ledger.forget();
  await sleep(3_000);
  const at = performance.now();
  await inflict(kind, former);
  const leader = await stableLeader(former);
  await sleep(3_000);
  const { outageMs, rows, lost, backwards } = await ledger.account(leader, at);
  await sleep(Math.max(0, nextAt - performance.now() - 1_000));
  const figures = await figuresOf(sandbox);
  const lostAt = lost.map((row) => Math.round(row.at - at));
  rounds.push({ kind, outageMs, rows, lostAt, backwards, minute: (at - begun) / minuteMs, figures });
  report(rounds.at(-1), former, leader);
  await sleep(Math.max(0, nextAt - performance.now()));
}

async function inflict(kind, id) {
  switch (kind) {
    case 'crash':
      process.kill(await sandbox.query(id, postmasterPid).then(([row]) => row.pid), 'SIGKILL');
      break;
    case 'hung':
      await sandbox.freeze(id);
      await sleep(hangMs);
      await sandbox.thaw(id);
      break;
    case 'cut':
      await networks.cutOff(id);
      await sleep(cutMs);
      await networks.heal();
      break;
    case 'node':
      await sandbox.kill(id);
      await stableLeader(id, 1);
      await sandbox.start(id);
      await startRepmgrd(id);
      break;
    default:
      throw new Error(`no fault is called "${kind}"`);
  }
}

async function startRepmgrd(id) {
  const env = { NODE_OPTIONS: `--require=${join(sandbox.directory, 'heap.cjs')}` };
  await sandbox.startRepmgrd(id, { env });
}

/** The node that leads, and is not `former`, once so many others stream from it. */
async function stableLeader(former, followers = sandbox.nodes.length - 1) {
  const deadline = performance.now() + 4 * minuteMs;
  for (;;) {
    const views = await Promise.all(sandbox.nodes.map(viewOf));
    const serving = views.filter((view) => view?.leadership.stage === 'serving' && view.node !== former);
    const status = await sandbox.status();
    const leader = serving[0]?.node;
    const streaming = status.filter(({ upstreamNodeId }) => upstreamNodeId === leader);
    if (serving.length === 1 && streaming.length >= followers) return leader;
    if (performance.now() > deadline) {
      throw new Error(`the cluster does not come to rest: ${JSON.stringify({ status, views })}`);
    }
    await sleep(100);
  }
}

async function viewOf({ host, apiPort }) {
  try {
    const signal = AbortSignal.timeout(1_000);
    return await (await fetch(`http://${host}:${apiPort}/cluster`, { signal })).json();
  } catch {
    return undefined;
  }
}

function report({ kind, outageMs, rows, lostAt, backwards, minute, figures }, former, leader) {
  const loss =
    lostAt.length === 0
      ? '0 lost'
      : `${lostAt.length} lost, acknowledged ${Math.min(...lostAt)} to ${Math.max(...lostAt)} ms after the fault`;
  const row = (name, unit, digits = 0) =>
    `${name} ${figures.map((of) => of[name]?.toFixed(digits) ?? '-').join(' / ')}${unit}`;
  console.log(
    [
      `minute ${minute.toFixed(1)}: ${kind}, node ${former} -> ${leader}: outage ${Math.round(outageMs)} ms, ${rows} rows, ${loss}`,
      `  ${row('memory', ' MB', 1)}; ${row('heap', ' MB', 1)}; ${row('descriptors', '')}; ${row('connections', '')}; ${row('processes', '')}`,
      `  load of the machine ${loadavg()[0].toFixed(1)}${backwards ? '; THE OLD PRIMARY WROTE AFTER THE NEW ONE' : ''}`,
    ].join('\n'),
  );
}

async function conclude() {
  console.log(`\nafter ${rounds.length} failovers, node by node, and the trend within a process's life:`);
  for (const name of ['memory', 'heap', 'descriptors', 'connections', 'processes']) {
    console.log(`  ${trend(rounds, name, warmUpMinutes)}`);
  }
  for (const kind of kinds) {
    const own = rounds.filter((round) => round.kind === kind);
    if (own.length === 0) continue;
    const outages = own.map(({ outageMs }) => Math.round(outageMs)).toSorted((a, b) => a - b);
    const lost = own.map(({ lostAt }) => lostAt.length);
    const total = lost.reduce((sum, count) => sum + count, 0);
    console.log(
      `  ${kind}: ${own.length} times, outage median ${outages[Math.floor(outages.length / 2)]}, max ${outages.at(-1)} ms; ` +
        `rows lost ${total} in all, at most ${Math.max(...lost)} at once`,
    );
  }
  const leader = await stableLeader();
  const { total, missing } = await ledger.accountForAll(leader);
  console.log(`  of ${total} rows acknowledged in all, ${missing.length} are missing on the last primary`);
  const counted = rounds.reduce((sum, { lostAt }) => sum + lostAt.length, 0);
  if (missing.length !== counted) {
    for (const { node, at } of missing)
      console.log(`    one of node ${node}, minute ${((at - begun) / minuteMs).toFixed(3)}`);
  }
  const isWrong = rounds.some(
    ({ kind, lostAt, backwards }) => backwards || (kind === 'crash' && lostAt.length > 0),
  );
  process.exitCode = isWrong ? 1 : 0;
}

async function keepLogs(directory) {
  for (const name of await readdir(sandbox.directory)) {
    if (name.endsWith('.log')) await cp(join(sandbox.directory, name), join(directory, name));
  }
}
