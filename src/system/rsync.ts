/**
 * Copies directories from another host with the system's rsync over ssh: by argument vector, never asking anybody
 * anything.
 */
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type CommandResult, runCommand } from './command.ts';
import { judgeRsync } from './rsync-failure.ts';
import { sshCommandWords } from './ssh.ts';
import type { SshTarget } from './ssh-failure.ts';

export interface RsyncCopy {
  readonly target: SshTarget;
  /** The directory over there whose content is copied. */
  readonly from: string;
  /** Exists. */
  readonly to: string;
  /** Of the user, or the default ones. */
  readonly options: readonly string[];
  /** Filter rules, the first that matches counts. */
  readonly rules: readonly string[];
  /** A directory here of which files that are the same are taken, as links; its own files are never changed. */
  readonly sameFilesIn?: string | undefined;
  /** A file was copied, or was here already. */
  onFile(sizeBytes: number): void;
  readonly signal: AbortSignal;
}

/** @throws RepmgrError rsync_missing where it cannot be run here */
export async function findRsync(signal: AbortSignal): Promise<void> {
  const { exitCode, stderr } = await runHere(['--version'], { deadlineMs: limits.programVersionMs, signal });
  if (exitCode !== 0) throw missing(stderr.trim() || `"rsync --version" ended with exit code ${exitCode}.`);
}

/** @throws RepmgrError rsync_failed, rsync_missing, of the codes `ssh_...`, remote_program_missing, interrupted */
export async function copyByRsync(copy: RsyncCopy): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const result = await runHere(await rsyncArguments(copy, tries > 1), {
      env: { ...process.env, LC_ALL: 'C' },
      endsWithUs: true,
      signal: copy.signal,
      onStdoutLine: (line) => {
        const size = /^[<>ch.][fL]\S* (\d+)$/.exec(line)?.[1];
        if (size !== undefined) copy.onFile(Number(size));
      },
    });
    const verdict = judgeRsync(copy.target, result);
    if (verdict.kind === 'done') return;
    if (verdict.kind === 'failed' || tries === limits.rsyncTries) throw verdict.reason;
  }
}

async function rsyncArguments(copy: RsyncCopy, isRetry: boolean): Promise<readonly string[]> {
  const { target, options, rules, sameFilesIn, from, to } = copy;
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return [
    `--rsh=${(await sshCommandWords(target, keepAlive)).map(quoteForRsync).join(' ')}`,
    ...options,
    // Times differ on every node; what counts is the content, and a link cannot have another time.
    ...(sameFilesIn === undefined ? [] : ['--checksum', '--no-times', `--link-dest=${sameFilesIn}`]),
    // What is there is whole, so that only what is missing has to be read again.
    ...(isRetry ? ['--ignore-existing', '--no-checksum'] : []),
    '--no-partial',
    ...rules.map((rule) => `--filter=${rule}`),
    // Paths reach rsync over there as they are, whatever is in them.
    '--protect-args',
    ...['--itemize-changes', '--itemize-changes', '--out-format=%i %l'],
    '--',
    `${host}:${withSlash(from)}`,
    withSlash(to),
  ];
}

/** Nothing is heard for long while files are compared, so that ssh itself has to notice a host that is gone. */
const keepAlive = [
  ...['-o', `ServerAliveInterval=${limits.sshKeepAliveSeconds}`],
  ...['-o', `ServerAliveCountMax=${limits.sshKeepAliveCount}`],
];

/** rsync splits words by itself: quotes count, backslashes do not. */
function quoteForRsync(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "''")}'`;
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

async function runHere(
  args: readonly string[],
  options: Parameters<typeof runCommand>[2],
): Promise<CommandResult> {
  try {
    return await runCommand('rsync', args, options);
  } catch (error) {
    if (error instanceof RepmgrError && error.code === 'command_missing') throw missing(error.detail);
    throw error;
  }
}

function missing(detail: string | undefined): RepmgrError {
  return failure('rsync_missing', {
    message: 'the program "rsync" cannot be run on this host',
    detail,
    hint: 'Install it (apt-get install rsync, dnf install rsync), or clone with --backup-method=protocol, which needs no program.',
  });
}
