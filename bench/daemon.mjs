// What repmgrd and its guard cost while nothing happens: memory, processor time, statements a minute on the primary. On
// a machine that does something else too, each wake-up costs more: the load is printed with the figures.
// Usage: npm run build && node bench/daemon.mjs [--nodes 3,9] [--seconds 60]
import { readdir, readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

// Node reads the file that this names at each start; it has nothing to do with what is measured here.
delete process.env['NODE_EXTRA_CA_CERTS'];
const { startSandbox } = await import('../dist/sandbox.mjs');

const { values } = parseArgs({
  options: { nodes: { type: 'string', default: '3,9' }, seconds: { type: 'string', default: '60' } },
});
const seconds = Number(values.seconds);
/** USER_HZ of Linux, in which /proc counts processor time. */
const ticksPerSecond = 100;

for (const nodes of values.nodes.split(',').map(Number)) await measure(nodes);

async function measure(nodes) {
  const sandbox = await startSandbox({
    nodes,
    repmgrConf: { failover: 'automatic' },
    postgresqlConf: { log_statement: 'none' },
  });
  try {
    await Promise.all(sandbox.nodes.map(({ id }) => sandbox.startRepmgrd(id)));
    await sleep(15_000);
    const before = await look(sandbox);
    await sleep(seconds * 1000);
    const after = await look(sandbox);
    const share = ({ ticks }, earlier) => ((ticks - earlier.ticks) / ticksPerSecond / seconds) * 100;
    const cpu = after.processes.map((process, index) => share(process, before.processes[index]));
    const guard = share(after.guard, before.guard);
    const memory = after.processes.map(({ residentMegabytes }) => residentMegabytes);
    const statements = ((after.transactions - before.transactions) / seconds) * 60;
    const [leader, ...others] = cpu;
    console.log(
      `${nodes} nodes: RSS ${range(memory)} MB; CPU of a core: leader ${leader.toFixed(2)} %, others ${range(others)} %, guard ${guard.toFixed(2)} %; ` +
        `${Math.round(statements)} transactions a minute on the primary (load ${loadavg()[0].toFixed(1)})`,
    );
  } finally {
    await sandbox.destroy();
  }
}

/** Node 1 is the primary, and leads. */
async function look(sandbox) {
  const pids = await Promise.all(sandbox.nodes.map(repmgrdOf));
  const [row] = await sandbox.query(
    1,
    'SELECT (xact_commit + xact_rollback)::integer AS transactions FROM pg_stat_database WHERE datname = current_database()',
  );
  const guard = await costOf(await guardOf(sandbox.nodes[0]));
  return { transactions: row.transactions, processes: await Promise.all(pids.map(costOf)), guard };
}

async function repmgrdOf({ configFile }) {
  return await pidOf(
    (words) => words.some((word) => word.endsWith('/repmgrd.js')) && words.includes(configFile),
    `repmgrd with ${configFile}`,
  );
}

async function guardOf({ dataDirectory }) {
  return await pidOf(
    (words) => words.includes('repmgr-guard') && words.includes(dataDirectory),
    `guard of ${dataDirectory}`,
  );
}

async function pidOf(isWanted, name) {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (isWanted(words)) return Number(pid);
  }
  throw new Error(`no ${name} runs`);
}

async function costOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
  return { ticks: Number(fields[11]) + Number(fields[12]), residentMegabytes: kilobytes / 1024 };
}

function range(numbers) {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return `${low.toFixed(2)} to ${high.toFixed(2)}`;
}
