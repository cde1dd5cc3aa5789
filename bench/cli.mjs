// How long a person or a script waits for `repmgr`: medians, and ratios to `psql -c 'select 1'`, interleaved in one run
// on one sandbox. Usage: npm run build && node bench/cli.mjs [--rounds N] [--postgres-version N]
import { spawn } from 'node:child_process';
import { accessSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureConnectivity } from './connectivity.mjs';

// Node reads the file that this names at each start, which takes longer than most of what is measured here.
delete process.env['NODE_EXTRA_CA_CERTS'];
const { startSandbox } = await import('../dist/sandbox.mjs');

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, 'postgres-version': { type: 'string' } },
});
const frozenConnectTimeoutMs = 2000;

const version = values['postgres-version'];
const sandbox = await startSandbox({
  nodes: 3,
  ...(version === undefined ? {} : { postgresVersion: version }),
});
try {
  console.log(`PostgreSQL ${sandbox.postgresVersion}, Node ${process.version}, ${values.rounds} rounds`);
  await registerTwentyRows();
  const psql = psqlCases();
  const live = await measure(Number(values.rounds), {
    ...psql,
    'node -e 0': () => run(process.execPath, ['-e', '0']),
    'usage error': () => repmgr(['--no-such-option'], 1),
    '--version': () => repmgr(['--version']),
    'cluster show, 3 nodes': () => repmgr(['cluster', 'show']),
    'cluster show, 20 nodes': () => repmgr(['--cluster=twenty', 'cluster', 'show', '--compact']),
  });
  await sandbox.freeze(3);
  const frozen = await measure(3, { 'cluster show, 3 nodes, one frozen': () => repmgr(['cluster', 'show']) });
  await sandbox.thaw(3);
  report({ ...live, ...frozen }, Object.keys(psql));
} finally {
  await sandbox.destroy();
}
reportConnectivity(await measureConnectivity(startSandbox, measure));

/** A second cluster in the same database: 20 rows whose conninfos lead to the 3 servers in turn. */
async function registerTwentyRows() {
  const [{ schema }] = await sandbox.query(
    1,
    `SELECT quote_ident(nspname) AS schema FROM pg_namespace WHERE nspname ~ '^repmgr_'`,
  );
  await sandbox.query(1, 'CREATE SCHEMA repmgr_twenty');
  await sandbox.query(1, `CREATE TABLE repmgr_twenty.repl_nodes (LIKE ${schema}.repl_nodes INCLUDING ALL)`);
  await sandbox.query(
    1,
    `INSERT INTO repmgr_twenty.repl_nodes (id, type, upstream_node_id, cluster, name, conninfo, priority, active)
     SELECT number, type, upstream_node_id, 'twenty', 'node' || number, conninfo, priority, active
       FROM generate_series(1, 20) AS number JOIN ${schema}.repl_nodes ON id = (number - 1) % 3 + 1`,
  );
}

/** Debian's psql is a wrapper in Perl around the program itself; both are what people compare with. */
function psqlCases() {
  const { conninfo } = sandbox.nodes[0];
  const programs = { 'psql (wrapper)': '/usr/bin/psql', 'psql (bare)': `${sandbox.binDirectory}/psql` };
  const present = Object.entries(programs).filter(([, file]) => isExecutable(file));
  return Object.fromEntries(
    present.map(([name, file]) => [name, () => run(file, ['-X', '-d', conninfo, '-c', 'select 1'])]),
  );
}

function isExecutable(file) {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}

/** One round runs each case once, so that noise of the machine meets all of them. */
async function measure(rounds, cases) {
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, action] of Object.entries(cases)) {
      const startedAtMs = performance.now();
      await action();
      // The first round warms caches.
      if (round >= 0 || rounds < 5) times[name].push(performance.now() - startedAtMs);
    }
  }
  return times;
}

async function repmgr(args, expectedExitCode = 0) {
  const { exitCode, stderr } = await sandbox.repmgr(1, args);
  if (exitCode !== expectedExitCode)
    throw new Error(`repmgr ${args.join(' ')}: exit code ${exitCode}\n${stderr}`);
}

/** As the user of the sandbox, as repmgr itself. */
async function run(file, args) {
  const identity = sandbox.user === undefined ? {} : { uid: sandbox.user.uid, gid: sandbox.user.gid };
  const child = spawn(file, args, { stdio: 'ignore', cwd: '/', ...identity });
  const exitCode = await new Promise((resolve, reject) => child.on('error', reject).on('exit', resolve));
  if (exitCode !== 0) throw new Error(`${file}: exit code ${exitCode}`);
}

function report(times, references) {
  const medians = Object.entries(times).map(([name, all]) => [name, median(all)]);
  const referenceMs = references.map((name) => median(times[name]));
  const heading = ['median ms', 'min', 'max', ...references.map((name) => `x ${name}`)];
  console.log(`${''.padEnd(36)}${heading.map((text) => text.padStart(16)).join('')}`);
  for (const [name, medianMs] of medians) {
    const figures = [medianMs, Math.min(...times[name]), Math.max(...times[name])].map((ms) => ms.toFixed(0));
    const ratios = referenceMs.map((reference) => (medianMs / reference).toFixed(2));
    console.log(`${name.padEnd(36)}${[...figures, ...ratios].map((text) => text.padStart(16)).join('')}`);
  }
  const of = (name) => median(times[name]);
  const overheadMs = of('cluster show, 3 nodes, one frozen') - frozenConnectTimeoutMs;
  console.log(
    `\n20 nodes against 3: ${(of('cluster show, 20 nodes') / of('cluster show, 3 nodes')).toFixed(2)} x`,
  );
  console.log('(the 20 rows lead to the 3 servers in turn)');
  console.log(`a frozen node costs its connect_timeout (2 s) + ${overheadMs.toFixed(0)} ms in all`);
}

function reportConnectivity(times) {
  console.log('');
  for (const [name, all] of Object.entries(times)) {
    console.log(`${name.padEnd(42)}${median(all).toFixed(0).padStart(8)} ms`);
  }
  console.log('(of one host that plays five, with as many processors as it has)');
}

function median(all) {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
