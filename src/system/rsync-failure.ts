/** What it means that rsync failed: told from its exit code and what it wrote, which has no translations. Pure. */
import { failure, type RepmgrError } from '../errors.ts';
import { redactConninfo } from '../model/redaction.ts';
import type { CommandResult } from './command.ts';
import { sshExitCode, sshFailure, type SshTarget, sshWords } from './ssh-failure.ts';

/** Files that went away while they were copied: a running server deletes some at any time. */
const vanishedFiles = 24;
/** Some files were not copied. */
const partialCopy = 23;

export type RsyncVerdict =
  | { readonly kind: 'done' }
  /** Files became shorter while they were read: once more, and they are copied. */
  | { readonly kind: 'again'; readonly reason: RepmgrError }
  | { readonly kind: 'failed'; readonly reason: RepmgrError };

export function judgeRsync(target: SshTarget, result: CommandResult): RsyncVerdict {
  const { exitCode, stderr } = result;
  if (exitCode === 0 || exitCode === vanishedFiles) return { kind: 'done' };
  const errors = linesOf(stderr);
  const isShortened = errors.every((line) =>
    /No data available \(61\)|vanished|failed verification -- update discarded/.test(line),
  );
  const reason = reasonOf(target, result, errors);
  return { kind: exitCode === partialCopy && errors.length > 0 && isShortened ? 'again' : 'failed', reason };
}

function reasonOf(
  target: SshTarget,
  { exitCode, stderr }: CommandResult,
  errors: readonly string[],
): RepmgrError {
  const { host } = target;
  if (isSshBrokenOff(errors)) {
    return failure('ssh_unreachable', {
      message: `the SSH connection to host "${host}" broke off`,
      detail: redactConninfo(errors.slice(-4).join('\n')),
      hint: 'Look whether the host and the network are well, then clone again.',
    });
  }
  if (exitCode === sshExitCode) return sshFailure(target, { stderr });
  if (exitCode === 127 || /command not found|: not found/.test(stderr)) {
    return failure('remote_program_missing', {
      message: `"rsync" was not found on host "${host}"`,
      detail: redactConninfo(stderr.trim()),
      hint: `Install it there; it must be in the PATH of a shell without terminal: ssh ${sshWords(target)} 'echo $PATH'`,
    });
  }
  const shown = errors.length > 0 ? errors : [`rsync ended with exit code ${exitCode}.`];
  return failure('rsync_failed', {
    message: `rsync from host "${host}" failed with exit code ${exitCode}`,
    detail: redactConninfo(shown.slice(-4).join('\n')),
    hint: hintFor(target, stderr),
  });
}

/** In the middle: by what ssh says, or by rsync where something had come already, and nothing else went wrong. */
function isSshBrokenOff(errors: readonly string[]): boolean {
  return (
    errors.some((line) => lostConnection.test(line)) &&
    errors.every((line) => lostConnection.test(line) || /Broken pipe|Connection reset/.test(line))
  );
}

const lostConnection =
  /^Timeout, server \S+ not responding|^Connection to \S+ closed|^client_loop: send disconnect|^rsync: (?:\[\w+\] )?connection unexpectedly closed \([1-9]/;

function hintFor(target: SshTarget, stderr: string): string {
  if (/No space left on device|Disk quota exceeded/.test(stderr)) {
    return 'Make room on this host, then clone again.';
  }
  if (/Permission denied/.test(stderr)) {
    return `Log in as the user that owns the data directory over there (-R USER), and look at permissions here too: ssh ${sshWords(target)} id`;
  }
  if (/unknown option|syntax or usage error/.test(stderr)) return 'Correct rsync_options in repmgr.conf.';
  return 'Look whether the source and the network are well, then clone again.';
}

/** Without what rsync says of itself at the end. */
function linesOf(stderr: string): string[] {
  return stderr
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !/^rsync (?:error|warning): .* \(code \d+\) at /.test(line));
}
