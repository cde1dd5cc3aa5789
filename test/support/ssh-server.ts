/**
 * An sshd for the tests of a file (ssh-hosts.ts). Where OpenSSH's server is not installed, or root has no user to log in
 * as, such tests are skipped, visibly; REPMGR_REQUIRE_DEBIAN=1 (continuous integration) makes that a failure.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { builtProgramDirectory } from '../../src/system/built-programs.ts';
import { findAccount } from '../../src/sandbox/user.ts';
import { startCompanion } from './companion.ts';
import { sshProgram, type SshServer, startSshServer } from './ssh-hosts.ts';

export type { SshServer } from './ssh-hosts.ts';

const reason = reasonToSkip();
if (reason !== undefined) {
  if (process.env['REPMGR_REQUIRE_DEBIAN'] === '1') throw new Error(reason);
  process.stdout.write(`skipped: tests that need a server for SSH, since ${reason}\n`);
}

function reasonToSkip(): string | undefined {
  if (!existsSync(sshProgram)) return `${sshProgram} is not there (apt-get install openssh-server)`;
  // As root the servers of a sandbox run as nobody where there is no postgres, and nobody cannot log in.
  const isRoot = process.getuid?.() === 0;
  if (isRoot && findAccount(readFileSync('/etc/passwd', 'utf8'), 'postgres') === undefined) {
    return 'there is no user postgres to log in as (apt-get install postgresql-common)';
  }
  return undefined;
}

/** As `describe`, for tests that need it. */
export const describeWithSsh = describe.skipIf(reason !== undefined);

/** Call it in beforeAll: it runs until all tests of the file are over. */
export async function sshServerForFile(
  sandbox: Sandbox,
  hostCount: number,
  furtherPrograms: readonly string[] = [],
): Promise<SshServer> {
  return await startSshServer(sandbox, hostCount, {
    programDirectory:
      sandbox.user === undefined ? builtProgramDirectory() : join(sandbox.directory, 'program'),
    startServer: (command, logFile) => startCompanion(sandbox, command, logFile),
    furtherPrograms,
  });
}
