/**
 * repmgr 5 as Debian has it (postgresql-15-repmgr): to move a real cluster of it. Where it is not installed such tests
 * are skipped, visibly; REPMGR_REQUIRE_DEBIAN=1 (continuous integration) makes that a failure.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { CommandResult } from '../../src/system/command.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { debianBinDirectory } from './debian.ts';
import { putFile } from './sandbox-files.ts';

const program = join(debianBinDirectory, 'repmgr');
const isMissing = !existsSync(program);
if (isMissing) {
  const reason = `${program} is not there (apt-get install postgresql-15-repmgr)`;
  if (process.env['REPMGR_REQUIRE_DEBIAN'] === '1') throw new Error(reason);
  process.stdout.write(`skipped: tests that need repmgr 5, since ${reason}\n`);
}

export const describeWithRepmgr5 = describe.skipIf(isMissing);

/** @returns the path of a repmgr.conf for repmgr 5, with further lines at its end */
export async function repmgr5Configuration(
  sandbox: Sandbox,
  id: number,
  ...lines: string[]
): Promise<string> {
  const { name, conninfo, dataDirectory } = sandbox.node(id);
  return await putFile(
    sandbox,
    `${name}.repmgr5.conf`,
    [
      `node_id=${id}`,
      `node_name='${name}'`,
      `conninfo='${conninfo}'`,
      `data_directory='${dataDirectory}'`,
      `pg_bindir='${debianBinDirectory}'`,
      ...lines,
      '',
    ].join('\n'),
  );
}

/** Runs repmgr 5 itself. */
export async function runRepmgr5(
  sandbox: Sandbox,
  configuration: string,
  ...args: string[]
): Promise<CommandResult> {
  return await sandbox.run(program, ['-f', configuration, ...args]);
}
