/** Full disks: under pg_wal of the primary, which then crashes; and under the state files, where no vote can be kept. */
import { chown, cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { Ledger } from '../support/ledger.ts';
import { fillDisk, mounted } from '../support/mounted.ts';
import {
  awaitNewLeader,
  awaitStreaming,
  expectNoFailover,
  killPostmaster,
  leadersView,
  startRepmgrds,
  viewOf,
} from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const leaseMs = 2_000;
const options = {
  nodes: 3,
  repmgrConf: { failover: 'automatic', primary_lease_secs: String(leaseMs / 1000), log_level: 'INFO' },
  postgresqlConf: { min_wal_size: '32MB', max_wal_size: '64MB' },
};
const noMount = 'no file system can be mounted here';

describe('a full disk', () => {
  it('under pg_wal ends the primary; another one takes over, and nothing is lost', async ({ skip }) => {
    const sandbox = await sandboxForTest(options);
    const disk = await mounted(sandbox, 200);
    if (disk === undefined) return skip(noMount);
    await sandbox.stop(1);
    await moveInto(sandbox, join(sandbox.node(1).dataDirectory, 'pg_wal'), join(disk, 'pg_wal'));
    await sandbox.start(1);
    await startRepmgrds(sandbox);
    const ledger = new Ledger(sandbox);
    await ledger.start(1);
    await ledger.written(1, 100);

    const filler = await fillDisk(disk);
    // What a table of some megabytes needs is more than the segments that are left.
    const load = sandbox
      .query(1, "CREATE TABLE load AS SELECT repeat('x', 1000) FROM generate_series(1, 200000)")
      .catch(() => undefined);
    const winner = await awaitNewLeader(sandbox, 1);
    await load;
    await ledger.written(winner, 50);
    await rm(filler);
    await awaitStreaming(sandbox, winner, [1], 60_000);
    await ledger.stop();
    expect(ledger.turns).toEqual([1, winner]);
    expect(await ledger.missingOn(winner)).toEqual([]);
  });

  it('under the state files stops no primary; a vote that cannot be kept is none', async ({ skip }) => {
    const sandbox = await sandboxForTest(options);
    const disk = await mounted(sandbox, 2);
    if (disk === undefined) return skip(noMount);
    const state = join(sandbox.directory, 'state');
    await moveInto(sandbox, state, join(disk, 'state'));
    await startRepmgrds(sandbox);
    const ledger = new Ledger(sandbox);
    await ledger.start(1);
    await ledger.written(1, 100);

    const filler = join(disk, 'lost+found');
    await sandbox.run('sh', ['-c', 'dd if=/dev/zero of="$1" bs=4k 2>/dev/null; true', 'sh', filler]);
    await expectNoFailover(sandbox, 2 * leaseMs);
    await ledger.written(1, 20);
    await killPostmaster(sandbox, 1);
    const complaint = async () => {
      const logs = await Promise.all(
        sandbox.nodes.map(async ({ repmgrdLogFile }) => await readFile(repmgrdLogFile, 'utf8')),
      );
      return logs.some((log) => /\[ERROR\].*state file[^]*ENOSPC/.test(log)) ? true : undefined;
    };
    expect(await waitUntil(complaint, { deadlineMs: 20_000 }), await leadersView(sandbox)).toBe(true);
    const leads = (await Promise.all([1, 2, 3].map(async (id) => await viewOf(sandbox, id)))).filter(
      (view) => view?.node !== 1 && view?.leadership.role === 'leader',
    );
    expect(leads).toEqual([]);
    await rm(filler);
    // What the dead primary says of itself may be of before; who takes writes leads.
    const before = ledger.rows.length;
    const goesOn = async () => (ledger.rows.length > before + 50 ? ledger.rows.at(-1)?.node : undefined);
    const winner = await waitUntil(goesOn, { deadlineMs: 30_000 });
    expect(winner, await leadersView(sandbox)).toBeDefined();
    await ledger.stop();
    expect(await ledger.missingOn(winner ?? 0)).toEqual([]);
  });
});

/** Moves a directory of the servers elsewhere, and leaves a link behind. */
async function moveInto({ user }: Sandbox, from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
  await rename(from, `${from}.before`);
  await symlink(to, from);
  await rm(`${from}.before`, { recursive: true });
  if (user === undefined) return;
  await chown(to, user.uid, user.gid);
  for (const entry of await readdir(to, { recursive: true }))
    await chown(join(to, entry), user.uid, user.gid);
}
