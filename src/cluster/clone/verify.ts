/** `--verify-backup`: compares the copy with the manifest that its source sent along, with PostgreSQL's pg_verifybackup. */
import { failure } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { runCommand } from '../../system/command.ts';
import type { CloneContext } from './context.ts';
import type { ClonePlaces } from './places.ts';

/** Our own client compares while it copies, so that only a copy by pg_basebackup is left to be read again. */
export async function verifyCopy(
  { plan: { method }, log, signal }: CloneContext,
  { main }: ClonePlaces,
): Promise<void> {
  if (method.name !== 'pg_basebackup' || method.verifier === undefined) return;
  const { exitCode, stdout, stderr, timedOut } = await runCommand(
    method.verifier.file,
    ['--exit-on-error', main.workplace],
    {
      deadlineMs: limits.backupVerificationMs,
      env: { ...process.env, LC_ALL: 'C' },
      signal,
    },
  );
  if (exitCode === 0 && !timedOut) {
    log.notice('the copy agrees with the manifest of the base backup');
    return;
  }
  throw failure('backup_verification_failed', {
    message: timedOut ? 'pg_verifybackup did not end in time' : 'the copy does not agree with its manifest',
    detail: [stderr.trim(), stdout.trim()].filter((text) => text !== '').join('\n'),
    hint: 'Look at the disk, memory and network of this host, and into the log of the source; then clone again.',
  });
}
