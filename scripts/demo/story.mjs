// The story of the demo, told while it happens.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startSandbox } from '../../dist/sandbox.js';
import { bad, chapter, command, gap, good, say, step, title } from './screen.mjs';
import { startWriter } from './writer.mjs';

const deadlineMs = 60_000;

/** @returns the exit code: 0 where every acknowledged row was found, 130 after Ctrl-C */
export async function tellStory(args) {
  const interruption = new AbortController();
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
    ...(postgresVersion === undefined ? {} : { postgresVersion }),
  });
  say(`PostgreSQL ${sandbox.postgresVersion}, three times, on this machine only.`);
  say('repmgr made the standbys: clone, register; now it shows what runs.');
  await show(sandbox, 1);
  return sandbox;
}

async function failover(sandbox) {
  chapter('Somebody writes');
  await makeReplicationSynchronous(sandbox);
  await sandbox.query(1, 'CREATE TABLE ledger (id integer PRIMARY KEY)');
  const writer = startWriter(sandbox.nodes);
  try {
    await expectRows(writer, 500);
    say(`An application has written ${writer.acknowledged.length} rows so far, and goes on all the time.`);
    say('It counts a row when PostgreSQL has acknowledged it: then it is on two servers.');

    chapter('The primary dies');
    await sandbox.kill(1);
    bad('SIGKILL to all processes of node1, in the middle of a write.');
    await show(sandbox, 2);

    chapter('A standby takes over');
    await run(sandbox, 2, 'standby', 'promote');
    await run(sandbox, 3, 'standby', 'follow');
    await expectRows(writer, 500);
    const silenceSeconds = (writer.longestSilenceMs() / 1000).toFixed(1);
    say(`The application writes again, ${silenceSeconds} s after its last row: the time of these commands.`);
    await show(sandbox, 2);
  } finally {
    await writer.stop();
  }
  await countRows(sandbox, writer.acknowledged);
}

/** The first standby of the list has every row before it is acknowledged; so it is the one to promote. */
async function makeReplicationSynchronous(sandbox) {
  for (const { id } of sandbox.nodes) {
    await sandbox.query(id, "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (node2, node3)'");
    await sandbox.query(id, 'SELECT pg_reload_conf()');
  }
  const endsAtMs = performance.now() + deadlineMs;
  const synchronous =
    "SELECT 1 FROM pg_stat_replication WHERE application_name = 'node2' AND sync_state = 'sync'";
  while ((await sandbox.query(1, synchronous)).length === 0) {
    if (performance.now() > endsAtMs) throw new Error('node2 did not become a synchronous standby in time');
    await pause(50);
  }
}

/** @throws Error where an acknowledged row is missing */
async function countRows(sandbox, acknowledged) {
  chapter('Is everything there?');
  const rows = await sandbox.query(2, 'SELECT id FROM ledger');
  const found = new Set(rows.map(({ id }) => id));
  const lost = acknowledged.filter((number) => !found.has(number));
  say(`acknowledged to the application   ${acknowledged.length} rows`);
  say(`of these, on the new primary      ${acknowledged.length - lost.length} rows`);
  gap();
  if (lost.length > 0)
    throw new Error(`${lost.length} acknowledged rows are lost: ${lost.slice(0, 10).join(', ')}`);
  good('Every acknowledged row is on node2, the new primary.');
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
  if (await writer.further(count, deadlineMs)) return;
  throw new Error(`the application could not write ${count} rows in ${deadlineMs / 1000} s`);
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

function aborted(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(new Error('interrupted'));
    signal.addEventListener('abort', () => reject(new Error('interrupted')));
  });
}
