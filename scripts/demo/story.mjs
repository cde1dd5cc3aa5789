// The story of the demo, told while it happens.
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startSandbox } from '../../dist/sandbox.mjs';
import { bad, chapter, command, gap, good, say, step, title } from './screen.mjs';
import { startWriter } from './writer.mjs';

const deadlineMs = 60_000;
const leaseSeconds = 3;
const interruption = new AbortController();

/** @returns the exit code: 0 where every acknowledged row was found, 130 after Ctrl-C */
export async function tellStory(args) {
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => interruption.abort());
  let sandbox;
  try {
    const { values } = parseArgs({ args, options: { 'postgres-version': { type: 'string' } } });
    title('repmgr: the primary dies, and nothing that was promised is lost');
    sandbox = await startCluster(values['postgres-version'], interruption.signal);
    await Promise.race([failover(sandbox), aborted(interruption.signal)]);
  } catch (error) {
    gap();
    if (interruption.signal.aborted) {
      say('Interrupted. Nothing of the demo stays.');
      return 130;
    }
    console.error(`ERROR: ${error.message}`);
    if (error.detail) console.error(`DETAIL: ${error.detail}`);
    if (error.hint) console.error(`HINT: ${error.hint}`);
    return error.exitCode ?? 1;
  } finally {
    if (sandbox !== undefined) {
      await sandbox.destroy();
      gap();
      say(`All servers of the demo are stopped, and ${sandbox.directory} is removed.`);
    }
  }
  sayWhatToTypeNext();
  return 0;
}

async function startCluster(postgresVersion, signal) {
  chapter('Three servers');
  const sandbox = await startSandbox({
    nodes: 3,
    signal,
    onStep: step,
    // Here a promise is one on disk.
    postgresqlConf: { fsync: 'on' },
    repmgrConf: { failover: 'automatic', primary_lease_secs: String(leaseSeconds) },
    ...(postgresVersion === undefined ? {} : { postgresVersion }),
  });
  say(`PostgreSQL ${sandbox.postgresVersion}, three times, on this machine only.`);
  say('repmgr made the standbys: clone, register; now it shows what runs.');
  await show(sandbox, 1);
  return sandbox;
}

async function failover(sandbox) {
  chapter('A repmgrd beside each');
  await Promise.all(sandbox.nodes.map(({ id }) => sandbox.startRepmgrd(id)));
  await until('node1 leads', async () => (await leaderOf(sandbox)) === 1);
  say('They have agreed that node1 leads, and watch it from now on.');
  await run(sandbox, 1, 'daemon', 'status');

  chapter('Somebody writes');
  await sandbox.query(1, 'CREATE TABLE ledger (id integer PRIMARY KEY)');
  const writer = startWriter(sandbox.nodes);
  let primary;
  try {
    await expectRows(writer, 500);
    say(`An application has written ${writer.acknowledged.length} rows so far, and goes on all the time.`);
    say('It counts a row when PostgreSQL has acknowledged it. Replication is asynchronous.');

    chapter('The primary dies');
    await killPostmaster(sandbox.node(1));
    bad('SIGKILL to the postmaster of node1, in the middle of a write.');
    await until('another node leads', async () => ![undefined, 1].includes(await leaderOf(sandbox)));
    primary = await leaderOf(sandbox);
    await expectRows(writer, 500);
    good(
      `The application writes again, ${Math.round(writer.longestSilenceMs())} ms after its last row. Nobody typed anything.`,
    );
    say('Why, and who decided what:');
    await run(sandbox, primary, 'explain', '--limit=16');

    chapter('The old primary is back');
    await until('both others stream from the new primary', async () => {
      const streams = (await sandbox.status()).filter(({ upstreamNodeId }) => upstreamNodeId === primary);
      return streams.length === 2;
    });
    say(`repmgrd has started it as a standby of node${primary}.`);
    await show(sandbox, primary);
  } finally {
    await writer.stop();
  }
  await countRows(sandbox, primary, writer.acknowledged);
  await loseHost(sandbox, primary);
}

/** The host of a primary dies, and comes back when another node has taken over. */
async function loseHost(sandbox, primary) {
  chapter('A whole host dies');
  await sandbox.kill(primary);
  bad(`SIGKILL to everything on node${primary}, its repmgrd too, as if the power had gone.`);
  await until('another node leads', async () => ![undefined, primary].includes(await leaderOf(sandbox)));
  say(`Its lease of ${leaseSeconds} s has run out, and node${await leaderOf(sandbox)} has taken over.`);
  await sandbox.start(primary);
  const [{ is_standby: isStandby }] = await sandbox.query(
    primary,
    'SELECT pg_is_in_recovery() AS is_standby',
  );
  if (!isStandby) throw new Error('there are two primaries');
  good(
    `Somebody starts node${primary} by hand, without knowing that: it comes up read-only. There is one primary.`,
  );
}

async function killPostmaster({ dataDirectory }) {
  const text = await readFile(`${dataDirectory}/postmaster.pid`, 'utf8');
  process.kill(Number.parseInt(text, 10), 'SIGKILL');
}

/** The node that leads as a primary; undefined where none does. */
async function leaderOf(sandbox) {
  const views = await Promise.all(
    sandbox.nodes.map(async ({ apiPort }) => {
      const answer = await fetch(`http://127.0.0.1:${apiPort}/cluster`, {
        signal: AbortSignal.timeout(1_000),
      }).catch(() => undefined);
      return await answer?.json();
    }),
  );
  return views.find((view) => view?.leadership.stage === 'serving')?.node;
}

/** @throws Error where an acknowledged row is missing */
async function countRows(sandbox, primary, acknowledged) {
  chapter('Is everything there?');
  const rows = await sandbox.query(primary, 'SELECT id FROM ledger');
  const found = new Set(rows.map(({ id }) => id));
  const lost = acknowledged.filter((number) => !found.has(number));
  say(`acknowledged to the application   ${acknowledged.length} rows`);
  say(`of these, on the new primary      ${acknowledged.length - lost.length} rows`);
  gap();
  if (lost.length > 0)
    throw new Error(`${lost.length} acknowledged rows are lost: ${lost.slice(0, 10).join(', ')}`);
  good(`Every acknowledged row is on node${primary}, the new primary.`);
}

function sayWhatToTypeNext() {
  chapter('Your turn');
  say('A cluster of your own, to look at, to write to, and to break:');
  gap();
  for (const [words, about] of [
    ['start', 'three servers that stay; it says what to type next'],
    ['kill 1', 'let the primary die'],
    ['destroy', 'remove everything'],
  ]) {
    say(`  ${`node dist/repmgr.js sandbox ${words}`.padEnd(37)} # ${about}`);
  }
  gap();
}

async function expectRows(writer, count) {
  const wanted = writer.acknowledged.length + count;
  await until(`the application writes ${count} rows`, () => writer.acknowledged.length >= wanted);
}

async function show(sandbox, id) {
  const { stdout, exitCode, stderr } = await sandbox.repmgr(id, ['cluster', 'show', '--terse']);
  if (exitCode !== 0) throw new Error(`repmgr cluster show failed: ${stderr}`);
  command(`repmgr -f node${id}.conf cluster show`, stdout);
}

async function run(sandbox, id, ...words) {
  const result = await sandbox.repmgr(id, words);
  command(`repmgr -f node${id}.conf ${words.join(' ')}`, result.stdout + result.stderr);
  if (result.exitCode !== 0)
    throw new Error(`repmgr ${words.join(' ')} ended with exit code ${result.exitCode}`);
}

async function until(what, condition) {
  const endsAtMs = performance.now() + deadlineMs;
  while (!(await condition())) {
    interruption.signal.throwIfAborted();
    if (performance.now() > endsAtMs) throw new Error(`${deadlineMs / 1000} s were not enough: ${what}`);
    await pause(20);
  }
}

function aborted(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(new Error('interrupted'));
    signal.addEventListener('abort', () => reject(new Error('interrupted')));
  });
}
