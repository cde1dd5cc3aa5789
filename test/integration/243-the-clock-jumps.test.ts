/** The wall clock of the primary's repmgrd jumps by an hour, forth and back: leases count by another clock. */
import { accessSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../support/ledger.ts';
import { awaitLeader, expectNoFailover, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

/** Debian's libfaketime. */
const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const leaseMs = 2_000;

describe('a primary', () => {
  it('is neither fenced nor failed over when the wall clock of its repmgrd jumps', async ({ skip }) => {
    try {
      accessSync(library);
    } catch {
      return skip(`${library} is not there (apt-get install faketime)`);
    }
    const sandbox = await sandboxForTest({
      nodes: 3,
      repmgrConf: { failover: 'automatic', primary_lease_secs: String(leaseMs / 1000), log_level: 'INFO' },
    });
    const clock = join(sandbox.directory, 'clock');
    writeFileSync(clock, '+0\n');
    const env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    await Promise.all([1, 2, 3].map(async (id) => await sandbox.startRepmgrd(id, id === 1 ? { env } : {})));
    await awaitLeader(sandbox, 1);
    const term = (await viewOf(sandbox, 1))?.leadership.term;
    const ledger = new Ledger(sandbox);
    await ledger.start(1);
    for (const offset of ['+3600', '-3600', '+0']) {
      await ledger.written(1, 50);
      writeFileSync(clock, `${offset}\n`);
      await expectNoFailover(sandbox, 2 * leaseMs);
    }
    await ledger.written(1, 50);
    await ledger.stop();
    const log = await readFile(sandbox.node(1).repmgrdLogFile, 'utf8');
    expect(log).toContain('the wall clock jumped');
    expect(ledger.turns).toEqual([1]);
    expect(await ledger.missingOn(1)).toEqual([]);
    await awaitLeader(sandbox, 1);
    expect((await viewOf(sandbox, 1))?.leadership.term).toBe(term);
  });
});
