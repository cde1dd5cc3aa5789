// How long a clone of a database of 1 GB takes, against PostgreSQL's own pg_basebackup of the same server: medians and
// ratios, interleaved in one run. The protocol method checks every file, for which PostgreSQL's programs read the copy
// once more. Usage: npm run build && node bench/clone.mjs [--rounds N] [--megabytes N]
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

// Node reads the file that this names at each start; it has nothing to do with what is measured here.
delete process.env['NODE_EXTRA_CA_CERTS'];
const { startSandbox } = await import('../dist/sandbox.mjs');

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, megabytes: { type: 'string', default: '1024' } },
});

const sandbox = await startSandbox({
  nodes: 2,
  build: 'primary',
  repmgrConf: { use_replication_slots: '0' },
  postgresqlConf: { max_wal_size: '4GB', checkpoint_timeout: '1h' },
});
const [primary, standby] = sandbox.nodes;
const plainTarget = join(sandbox.directory, 'plain');

try {
  await sandbox.repmgr(1, ['primary', 'register']);
  const megabytes = await fill(Number(values.megabytes));
  console.log(
    `PostgreSQL ${sandbox.postgresVersion}, Node ${process.version}, ${megabytes} MB, ${values.rounds} rounds`,
  );
  const times = await measure(Number(values.rounds), {
    'pg_basebackup -X stream -c fast': plain,
    'the same and pg_verifybackup': verified,
    'standby clone, pg_basebackup': () => clone('pg_basebackup'),
    'standby clone, protocol': () => clone('protocol'),
  });
  report(times);
} finally {
  await sandbox.destroy();
}

/** Rows that do not compress, until the database has the size; what is written rests on the disk before it is copied. */
async function fill(wantedMegabytes) {
  const connection = ['-h', primary.host, '-p', String(primary.port), '-U', 'repmgr', '-d', 'repmgr'];
  const psql = (sql) =>
    mustSucceed(join(sandbox.binDirectory, 'psql'), ['-X', '-q', ...connection, '-c', sql]);
  await psql('CREATE TABLE ballast (noise text)');
  let megabytes = 0;
  do {
    // 32 kB of digits in each row, kept out of line and uncompressed.
    await psql('ALTER TABLE ballast ALTER noise SET STORAGE EXTERNAL');
    await psql(
      `INSERT INTO ballast SELECT repeat(md5(random()::text), 1000) FROM generate_series(1, ${rowsFor(wantedMegabytes - megabytes)})`,
    );
    const [row] = await sandbox.query(
      1,
      'SELECT (pg_database_size(current_database()) / 1048576)::integer AS size',
    );
    megabytes = row.size;
  } while (megabytes < wantedMegabytes);
  await psql('CHECKPOINT');
  return megabytes;
}

function rowsFor(megabytes) {
  return Math.max(100, Math.ceil((megabytes * 1024) / 34));
}

async function plain() {
  const source = `host=${primary.host} port=${primary.port} user=repmgr`;
  const target = ['-D', plainTarget, '-d', source, '-X', 'stream', '-c', 'fast'];
  await mustSucceed(join(sandbox.binDirectory, 'pg_basebackup'), target);
}

async function verified() {
  await plain();
  await mustSucceed(join(sandbox.binDirectory, 'pg_verifybackup'), ['-q', plainTarget]);
}

async function clone(method) {
  const source = ['-h', primary.host, '-p', String(primary.port), '-U', 'repmgr', '-d', 'repmgr'];
  const { exitCode, stderr } = await sandbox.repmgr(2, [
    ...source,
    ...['-D', standby.dataDirectory, '-c', `--backup-method=${method}`, 'standby', 'clone'],
  ]);
  if (exitCode !== 0) throw new Error(`clone by ${method}: exit code ${exitCode}\n${stderr}`);
}

async function mustSucceed(file, args) {
  const { exitCode, stderr } = await sandbox.run(file, args);
  if (exitCode !== 0) throw new Error(`${file}: exit code ${exitCode}\n${stderr}`);
}

/**
 * One round makes each copy once, so that noise of the machine meets all of them; the first one warms caches. Another
 * one begins each round, and the disk is quiet before each: what the one before has left to it is not measured.
 */
async function measure(rounds, cases) {
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, action] of rotated(Object.entries(cases), round + 1)) {
      await rm(plainTarget, { recursive: true, force: true });
      await rm(standby.dataDirectory, { recursive: true, force: true });
      await mustSucceed('sync', []);
      const startedAtMs = performance.now();
      await action();
      if (round >= 0) times[name].push(performance.now() - startedAtMs);
    }
  }
  return times;
}

function rotated(all, count) {
  const first = count % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

function report(times) {
  const [reference] = Object.values(times).map(median);
  console.log(
    `${''.padEnd(36)}${['median s', 'min', 'max', 'ratio'].map((text) => text.padStart(10)).join('')}`,
  );
  for (const [name, all] of Object.entries(times)) {
    const seconds = [median(all), Math.min(...all), Math.max(...all)].map((ms) => (ms / 1000).toFixed(2));
    const ratio = (median(all) / reference).toFixed(2);
    console.log(`${name.padEnd(36)}${[...seconds, ratio].map((text) => text.padStart(10)).join('')}`);
  }
}

function median(all) {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
