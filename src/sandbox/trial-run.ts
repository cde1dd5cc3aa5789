/** Whether the user of the servers can run what it must: PostgreSQL's programs, and Node. */
import { join } from 'node:path';
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type CommandResult, runCommand } from '../system/command.ts';
import { runInSandbox, type SandboxPlace } from './place.ts';
import type { SandboxUser } from './user.ts';

/**
 * @returns the version as the server tells it: `15.18 (Debian 15.18-1)`
 * @throws RepmgrError postgresql_unavailable
 */
export async function serverVersionText(
  binDirectory: string,
  user: SandboxUser | undefined,
): Promise<string> {
  const postgres = join(binDirectory, 'postgres');
  const result = await tried(() =>
    runCommand(postgres, ['--version'], {
      cwd: '/',
      deadlineMs: limits.trialRunMs,
      uid: user?.uid,
      gid: user?.gid,
    }),
  );
  const version = /^postgres \(PostgreSQL\) (.+)$/m.exec(result.stdout)?.[1];
  if (version !== undefined) return version;
  throw failure('postgresql_unavailable', {
    message: `"${postgres}" cannot be run${asUser(user)}`,
    detail: `It ended with exit code ${result.exitCode} and says: ${result.stderr.trim() || 'nothing.'}`,
    hint: `See what it lacks, often a library of the system: ldd ${postgres}`,
  });
}

/** @throws RepmgrError sandbox_directory_unusable, node_unreachable */
export async function checkNodeProgram(place: SandboxPlace): Promise<void> {
  const { user, directory } = place;
  if (user === undefined) return;
  const limit = { deadlineMs: limits.trialRunMs };
  const entering = await tried(() =>
    runInSandbox({ user, directory: '/' }, '/bin/sh', ['-c', 'cd "$0"', directory], limit),
  );
  if (entering.exitCode !== 0) {
    throw failure('sandbox_directory_unusable', {
      message: `the user "${user.name}", who runs the servers, cannot enter "${directory}"`,
      detail: 'One of the directories above it is closed to others.',
      hint: 'Name another one with --directory, such as /var/tmp/sandbox.',
    });
  }
  const node = await tried(() => runInSandbox(place, process.execPath, ['--version'], limit));
  if (node.exitCode !== 0) {
    throw failure('node_unreachable', {
      message: `the user "${user.name}", who runs the servers, cannot run Node.js`,
      detail: `This Node.js is ${process.execPath}; it says: ${node.stderr.trim() || 'nothing.'}`,
      hint: 'Install Node.js where everybody can run it (/usr/bin, /usr/local/bin), or run this as a normal user.',
    });
  }
}

/** A program that cannot even be started is one that fails. */
async function tried(run: () => Promise<CommandResult>): Promise<CommandResult> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code !== 'command_missing') throw error;
    return { exitCode: 127, signal: undefined, stdout: '', stderr: error.detail ?? '', timedOut: false };
  }
}

function asUser(user: SandboxUser | undefined): string {
  return user === undefined ? '' : ` by the user "${user.name}"`;
}
