// The story of the demo, told while it happens.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startSandbox } from '../../dist/sandbox.mjs';
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
  let primary;
  let standby;
  try {
    await expectRows(writer, 500);
    say(`An application has written ${writer.acknowledged.length} rows so far, and goes on all the time.`);
    say('It counts a row when PostgreSQL has acknowledged it: then it is on two servers.');

    chapter('The primary dies');
    await sandbox.kill(1);
    bad('SIGKILL to all processes of node1, in the middle of a write.');
    await show(sandbox, 2);

    chapter('A standby takes over');
    [primary, standby] = await mostAdvancedFirst(sandbox);
    say(`node${standby} has received no more than node${primary}, which is the one to promote.`);
    await run(sandbox, primary, 'standby', 'promote');
    await run(sandbox, standby, 'standby', 'follow');
    await expectRows(writer, 500);
    const silenceSeconds = (writer.longestSilenceMs() / 1000).toFixed(1);
    say(`The application writes again, ${silenceSeconds} s after its last row: the time of these commands.`);
    await show(sandbox, primary);
  } finally {
    await writer.stop();
  }
  await countRows(sandbox, primary, writer.acknowledged);
}

/** A row is acknowledged when one of the standbys has it: the one that has received most has all of these. */
async function makeReplicationSynchronous(sandbox) {
  for (const { id } of sandbox.nodes) {
    await sandbox.query(id, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (node2, node3)'");
    await sandbox.query(id, 'SELECT pg_reload_conf()');
  }
  const synchronous = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'quorum'";
  await until('both standbys are synchronous', async () => {
    return (await sandbox.query(1, synchronous)).length === 2;
  });
}

/**
 * The standbys, the one with most WAL first: the other one can follow it, but not the other way round. Asked once
 * neither of them receives what the dead primary had still sent.
 */
async function mostAdvancedFirst(sandbox) {
  const streaming = "SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'";
  const position = "SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0') AS bytes";
  const received = [];
  for (const id of [2, 3]) {
    await until(`node${id} has lost its upstream`, async () => {
      return (await sandbox.query(id, streaming)).length === 0;
    });
    const [{ bytes }] = await sandbox.query(id, position);
    received.push({ id, bytes: Number(bytes) });
  }
  return received.toSorted((left, right) => right.bytes - left.bytes).map(({ id }) => id);
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

async function until(what, condition) {
  const endsAtMs = performance.now() + deadlineMs;
  while (!(await condition())) {
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
