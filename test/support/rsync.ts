/**
 * Tests that copy by rsync over a real sshd. Where rsync is not installed they are skipped, visibly;
 * REPMGR_REQUIRE_DEBIAN=1 (continuous integration) makes that a failure.
 */
import { existsSync } from 'node:fs';
import { describe } from 'vitest';
import { describeWithSsh } from './ssh-server.ts';

const program = '/usr/bin/rsync';
const isMissing = !existsSync(program);
if (isMissing) {
  const reason = `${program} is not there (apt-get install rsync)`;
  if (process.env['REPMGR_REQUIRE_DEBIAN'] === '1') throw new Error(reason);
  process.stdout.write(`skipped: tests that copy by rsync, since ${reason}\n`);
}

/** As `describe`, for tests that need it. */
export const describeWithRsync = isMissing ? describe.skip : describeWithSsh;

/** What a host needs beside ssh. */
export const programsForRsync: readonly string[] = ['rsync', 'cat'];
