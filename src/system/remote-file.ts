/** Reads a file of another host by SSH, byte for byte. */
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { redactConninfo } from '../model/redaction.ts';
import { runOverSsh } from './ssh.ts';
import type { SshTarget } from './ssh-failure.ts';

/** @throws RepmgrError remote_file_unreadable, of the codes `ssh_...`, remote_program_missing, interrupted */
export async function readRemoteFile(target: SshTarget, path: string, signal: AbortSignal): Promise<Buffer> {
  const lines: string[] = [];
  // As text that no character set changes on its way.
  const { exitCode, stderr } = await runOverSsh(target, ['base64', path], {
    deadlineMs: limits.sshQuestionMs,
    signal,
    onStdoutLine: (line) => lines.push(line),
  });
  if (exitCode === 0) return Buffer.from(lines.join(''), 'base64');
  throw failure('remote_file_unreadable', {
    message: `"${path}" on host "${target.host}" cannot be read`,
    detail: redactConninfo(stderr.trim()) || `"base64" ended with exit code ${exitCode} there.`,
    hint: 'Log in as a user that may read it (-R USER), or allow it over there.',
  });
}
