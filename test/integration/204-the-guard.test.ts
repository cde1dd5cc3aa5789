/** The guard: ends a primary where repmgrd is gone and too few standbys answer, and lets it be where enough do. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readClocks } from '../../src/daemon/instant.ts';
import { clientEnvironment } from '../../src/daemon/perform/client-environment.ts';
import { Guard } from '../../src/daemon/perform/guard.ts';
import { takeGuardAct } from '../../src/daemon/perform/guard-act.ts';
import { guardCondition } from '../../src/daemon/perform/guard-condition.ts';
import type { MonotonicMs } from '../../src/failover/instant.ts';
import type { Term } from '../../src/failover/term.ts';
import type { VoterRecord } from '../../src/failover/voter-record.ts';
import type { NodeId } from '../../src/model/node.ts';
import { readConninfo } from '../../src/postgres/conninfo-defaults.ts';
import { findPostmaster } from '../../src/postgres/postmaster.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { childrenAtOnce } from '../../src/system/processes.ts';
import { asUserOf, effectsOn, placeOf } from '../support/effects.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const contactMs = 1_000;
const inMs = (ms: number) => (readClocks().monotonicMs + ms) as MonotonicMs;

/** A guard of node 1, whose repmgrd never speaks to it again after `renew`. */
async function guardOf(sandbox: Sandbox, now = readClocks): Promise<Guard> {
  const { context } = await effectsOn(sandbox, 1);
  const place = placeOf(sandbox, 1);
  const record: VoterRecord = {
    version: { term: 1 as Term, number: 1 },
    voters: [1, 2, 3] as NodeId[],
    replacedVoters: null,
    joining: null,
    pause: null,
    synchronous: { names: [], required: 0 },
    failovers: [],
  };
  const guard = new Guard({
    place,
    file: join(sandbox.directory, 'guard'),
    programDirectory: sandbox.binDirectory,
    contactMs,
    bearableLossMs: 250,
    environment: () => clientEnvironment(readConninfo(sandbox.node(1).conninfo), process.env),
    condition: () => guardCondition(record, 1 as NodeId, context.nodes(), place.version),
    now,
    log: context.log,
  });
  onTestFinished(() => asUserOf(sandbox, () => guard.end()));
  return guard;
}

async function renew(sandbox: Sandbox, guard: Guard, deadline: MonotonicMs): Promise<void> {
  await asUserOf(sandbox, () => guard.renew(deadline));
  const isThere = async () => await Promise.resolve(guard.contactUntil() === null ? undefined : true);
  expect(await waitUntil(isThere, { deadlineMs: 5_000, intervalMs: 10 })).toBe(true);
}

async function isGoneWithin(sandbox: Sandbox, deadlineMs: number): Promise<boolean> {
  const { dataDirectory } = sandbox.node(1);
  const isGone = async () => ((await findPostmaster(dataDirectory)) === undefined ? true : undefined);
  return (await waitUntil(isGone, { deadlineMs, intervalMs: 20 })) === true;
}

// Standbys have 0.28 s to answer: a machine that is busy beyond measure may rightly lose its primary.
it('lets a primary be while a standby answers, and ends it when none does: it comes up read-only', async () => {
  const sandbox = await sandboxForTest({ nodes: 3 });
  const guard = await guardOf(sandbox);
  const deadline = inMs(1_000);
  await renew(sandbox, guard, deadline);
  expect(Math.abs((guard.contactUntil() ?? 0) - deadline)).toBeLessThan(300);
  // It does not count where the machine was stopped since, which the wall clock alone shows.
  const awake = await guardOf(sandbox, () => ({ ...readClocks(), wallMs: Date.now() + 2_000 }));
  expect(awake.contactUntil()).toBeNull();
  expect(await isGoneWithin(sandbox, 2_500)).toBe(false);
  // Its last yes is contact that a repmgrd may take over.
  const leftMs = () => (guard.contactUntil() ?? 0) - readClocks().monotonicMs;
  await expect.poll(leftMs, { interval: 5, timeout: 2_000 }).toBeGreaterThan(0);
  await sandbox.stop(2);
  await sandbox.stop(3);
  expect(await isGoneWithin(sandbox, 5_000)).toBe(true);
  expect(guard.contactUntil()).toBeNull();
  const act = async () => await takeGuardAct(join(sandbox.directory, 'guard'));
  expect(await waitUntil(act, { deadlineMs: 5_000, intervalMs: 20 })).toBeInstanceOf(Date);
  expect(await act()).toBeUndefined();
  await sandbox.start(1);
  expect(await sandbox.query(1, 'SELECT pg_is_in_recovery() AS r')).toEqual([{ r: true }]);
});

it('ends a primary that hangs, and gives back what a hold replaced once standbys answer again', async () => {
  const sandbox = await sandboxForTest({ nodes: 3 });
  const effects = await effectsOn(sandbox, 1);
  const guard = await guardOf(sandbox);
  await effects.perform({ kind: 'hold', id: 1 });
  await renew(sandbox, guard, inMs(500));
  const isReleased = async () => {
    const [row] = await sandbox.query<{ n: string }>(
      1,
      "SELECT current_setting('synchronous_standby_names') AS n",
    );
    return row?.n === '' ? true : undefined;
  };
  expect(await waitUntil(isReleased, { deadlineMs: 5_000 })).toBe(true);
  const postmaster = await findPostmaster(sandbox.node(1).dataDirectory);
  process.kill(postmaster?.pid ?? 0, 'SIGSTOP');
  expect(await isGoneWithin(sandbox, 5_000)).toBe(true);
});

it('belongs to one postmaster: another one gets a guard of its own', async () => {
  const sandbox = await sandboxForTest({ nodes: 3 });
  const guard = await guardOf(sandbox);
  await renew(sandbox, guard, inMs(60_000));
  await sandbox.stop(1);
  await sandbox.start(1);
  expect(guard.contactUntil()).toBeNull();
  await renew(sandbox, guard, inMs(60_000));
  expect((guard.contactUntil() ?? 0) - readClocks().monotonicMs).toBeGreaterThan(50_000);

  // After a crash the number in postmaster.pid may belong to anybody: a guard would end them.
  await asUserOf(sandbox, () => guard.end());
  await sandbox.kill(1);
  const { dataDirectory } = sandbox.node(1);
  const [, ...lines] = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8')).split('\n');
  const others = [process.pid, (await findPostmaster(sandbox.node(2).dataDirectory))?.pid];
  for (const pid of others) {
    await writeFile(join(dataDirectory, 'postmaster.pid'), [pid, ...lines].join('\n'));
    const before = childrenAtOnce(process.pid);
    await asUserOf(sandbox, () => guard.renew(inMs(60_000)));
    expect(childrenAtOnce(process.pid)).toEqual(before);
  }
});
