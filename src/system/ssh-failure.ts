/**
 * What it means that ssh itself failed: told from what it wrote, since its exit code is 255 for everything. Pure. The
 * texts are those of OpenSSH, which has no translations.
 */
import { failure, type RepmgrError } from '../errors.ts';
import { redactConninfo } from '../model/redaction.ts';
import { quoteForShell } from '../model/shell-word.ts';
import type { CommandResult } from './command.ts';

/** Whom to log in to. */
export interface SshTarget {
  readonly host: string;
  /** Unset: as ssh itself decides, which is the user that we run as. */
  readonly user?: string | undefined;
  /** ssh_options of repmgr.conf: words as for a shell. */
  readonly options?: string | undefined;
}

/** The exit code with which ssh says that it failed, not the remote command. */
export const sshExitCode = 255;

/** @param result of an ssh that ended with `sshExitCode` */
export function sshFailure(target: SshTarget, { stderr }: Pick<CommandResult, 'stderr'>): RepmgrError {
  const said = redactConninfo(lastLines(stderr)).trim();
  const detail = said === '' ? 'It wrote nothing.' : said;
  const { host } = target;
  const login = `ssh ${sshWords(target)} true`;
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i.test(stderr)) {
    return failure('ssh_host_key_changed', {
      message: `the SSH key of host "${host}" is not the one that is known`,
      detail,
      hint: `Find out why. If the host was installed anew: ssh-keygen -R ${quoteForShell(host)}, then log in once by hand: ${login}`,
    });
  }
  if (stderr.includes('Host key verification failed')) {
    return failure('ssh_host_key_unknown', {
      message: `the SSH key of host "${host}" is not known here`,
      detail,
      hint: `Log in once by hand as the user that runs repmgr, and compare the fingerprint: ${login}`,
    });
  }
  const methods = /Permission denied \(([^)]*)\)/.exec(stderr)?.[1];
  if (methods !== undefined || /Permission denied|Too many authentication failures/.test(stderr)) {
    const asks = /password|keyboard-interactive/.test(methods ?? '');
    return failure('ssh_login_refused', {
      message: asks
        ? `host "${host}" asks for a password when logging in by SSH`
        : `host "${host}" refused to let us log in by SSH`,
      detail,
      hint: `repmgr logs in by key only. As the user that runs it: ssh-copy-id ${sshWords(target)}`,
    });
  }
  if (isUnreachable(stderr)) {
    return failure('ssh_unreachable', {
      message: `no SSH connection to host "${host}" came about`,
      detail,
      hint: `Does sshd run there, and on this port (ssh_options in repmgr.conf)? Check: ${login}`,
    });
  }
  return failure('ssh_failed', {
    message: `ssh to host "${host}" failed`,
    detail,
    hint: `Look at ssh_options in repmgr.conf and try it by hand: ${login}`,
  });
}

function isUnreachable(stderr: string): boolean {
  return /connect to host|timed out|Could not resolve hostname|Connection (?:closed|reset)|kex_exchange_identification/i.test(
    stderr,
  );
}

/** The words of a command line for a person: no options but the user. */
export function sshWords({ host, user }: SshTarget): string {
  return quoteForShell(user === undefined ? host : `${user}@${host}`);
}

/** The frames of warnings and their explanation are left out; the last lines say what it is about. */
function lastLines(stderr: string): string {
  return stderr
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('@'))
    .slice(-4)
    .join('\n');
}
